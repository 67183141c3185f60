// Advice that is safe to give. Each kind of hint is one function and a row below; each rests on a figure whose
// interval lies above a threshold, so that chance does not make a hint.
#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include <fmt/core.h>

#include "profiles/analysis/analysis.h"
#include "profiles/analysis/stack_kinds.h"
#include "runner/base/library_path.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

using namespace rh::model;

constexpr double kMinImport = 0.10;        // of the CPU time
constexpr double kMinRegexCompile = 0.02;  // of the CPU time
constexpr std::uint64_t kMinSpells = 3;    // separate times that one place was found compiling
constexpr double kMinHotLine = 0.50;       // of the CPU time
constexpr double kMinGc = 0.05;            // of the CPU time
constexpr double kMinGilWait = 0.10;       // of the time in which threads wanted to run
constexpr double kMinWait = 0.20;          // of the run
constexpr std::uint64_t kMinHintNs = 20'000'000;
constexpr std::int64_t kShortLifeNs = 100'000'000;
constexpr std::uint64_t kMinShortProcesses = 20;
constexpr double kMinShortCpu = 0.10;  // of the CPU time

using Hints = std::vector<ProfileHint>;

std::string seconds(double ns) {
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(ns))));
}

// "31.2 % of the CPU time (0.45 s; 95 % interval 29.8 % to 32.6 %)"
std::string figure_text(const TimeFigure& time, std::string_view whole) {
  return fmt::format("{:.1f} % of {} ({}; 95 % interval {:.1f} % to {:.1f} %)", time.share.value.value_or(0) * 100,
                     whole, seconds(static_cast<double>(time.ns)), time.share.low * 100, time.share.high * 100);
}

bool is_above(const TimeFigure& time, double threshold) {
  return time.share.value && time.share.low >= threshold && time.ns >= kMinHintNs;
}

ProfileHint hint_on(std::string_view code, ProfileClock clock, const TimeFigure& time) {
  ProfileHint hint;
  hint.code = code;
  hint.clock = clock;
  hint.time = time;
  return hint;
}

// CPU time of the stacks that end at or below nodes for which `is_mark` holds, and of each outermost such node.
template <class IsMark>
TimeSums sum_below(const Analysis& analysis, IsMark is_mark, std::map<std::uint32_t, TimeSums>* by_mark = nullptr) {
  const std::vector<StackNode>& nodes = analysis.profile.stacks;
  std::vector<std::uint32_t> mark(nodes.size(), kNoIndex);
  TimeSums sum;
  for (std::uint32_t at = 0; at < nodes.size(); ++at) {
    const std::uint32_t parent = nodes[at].parent;
    mark[at] = parent != kNoIndex && mark[parent] != kNoIndex ? mark[parent] : is_mark(at) ? at : kNoIndex;
    const TimeSums& own = analysis.cpu.by_node[at];
    if (mark[at] == kNoIndex || own.samples == 0) continue;
    sum.add(own);
    if (by_mark != nullptr) (*by_mark)[mark[at]].add(own);
  }
  return sum;
}

const TimeFigure* kind_figure(const ProfileSummary& summary, std::uint32_t kind) {
  for (const KindSummary& row : summary.kinds)
    if (row.kind == kind_names()[kind]) return &row.cpu;
  return nullptr;
}

// The module whose import took most: the first module body below the outermost import.
void hint_import(const Analysis& analysis, const ProfileSummary& summary, Hints& hints) {
  const TimeFigure* time = kind_figure(summary, import_kind());
  if (time == nullptr || !is_above(*time, kMinImport)) return;
  const std::vector<StackNode>& nodes = analysis.profile.stacks;
  const auto is_body = [&](std::uint32_t at) {
    return nodes[at].parent != kNoIndex && analysis.node_kinds[nodes[at].parent] == import_kind() &&
           analysis.profile.frames[nodes[at].frame].name == "<module>";
  };
  std::map<std::uint32_t, TimeSums> by_body;
  (void)sum_below(analysis, is_body, &by_body);
  std::map<std::string, std::pair<double, std::uint32_t>> by_file;
  for (const auto& [node, sums] : by_body) {
    auto& [ns, frame] = by_file[analysis.names.of_frame(nodes[node].frame).file];
    ns += sums.ns;
    frame = nodes[node].frame;
  }
  ProfileHint hint = hint_on("import-time", ProfileClock::cpu, *time);
  hint.message = fmt::format("{} went into importing modules", figure_text(*time, "the CPU time"));
  const auto most = std::max_element(by_file.begin(), by_file.end(),
                                     [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  if (most != by_file.end()) {
    hint.message +=
        fmt::format(", most of it for {} with all that it imports ({})", most->first, seconds(most->second.first));
    hint.file = most->first;
    hint.frame = most->second.second;
  }
  hint.message += "; import later, or less";
  hints.push_back(std::move(hint));
}

// The nearest caller that is not part of the standard library's own `re`.
std::uint32_t caller_outside_re(const Profile& profile, std::uint32_t node) {
  for (node = profile.stacks[node].parent; node != kNoIndex; node = profile.stacks[node].parent) {
    const std::string& file = profile.frames[profile.stacks[node].frame].file;
    if (!file.ends_with("/re/__init__.py") && !file.ends_with("/re.py") && !file.ends_with("/re/_compiler.py") &&
        !file.ends_with("/sre_compile.py"))
      break;
  }
  return node;
}

// How often each thread was found compiling below the place after a sample at which it was not: an expression
// that is compiled once, however long that takes, is one spell.
std::uint64_t count_spells(const Profile& profile, const std::vector<bool>& inside) {
  std::uint64_t spells = 0;
  const ProfileSamples& samples = profile.samples;
  for (std::size_t i = 0; i < samples.stack.size(); ++i) {
    const auto is_inside = [&](std::size_t at) { return samples.stack[at] != kNoIndex && inside[samples.stack[at]]; };
    const bool follows = i > 0 && samples.thread[i - 1] == samples.thread[i];
    if (is_inside(i) && !(follows && is_inside(i - 1))) ++spells;
  }
  return spells;
}

void hint_regex(const Analysis& analysis, const ProfileSummary&, Hints& hints) {
  const Profile& profile = analysis.profile;
  std::vector<bool> compiles(profile.frames.size());
  for (std::size_t i = 0; i < compiles.size(); ++i)
    compiles[i] = activity_of(profile.frames[i]) == Activity::regex_compile;
  if (std::none_of(compiles.begin(), compiles.end(), [](bool each) { return each; })) return;
  std::map<std::uint32_t, TimeSums> by_node;
  const auto is_mark = [&](std::uint32_t at) {
    return compiles[profile.stacks[at].frame] && analysis.node_kinds[at] != import_kind();
  };
  (void)sum_below(analysis, is_mark, &by_node);
  std::map<std::pair<std::uint32_t, std::uint32_t>, TimeSums> by_place;  // function and line of the caller
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> place_of;
  for (const auto& [node, sums] : by_node) {
    const std::uint32_t caller = caller_outside_re(profile, node);
    if (caller == kNoIndex) continue;
    const std::pair place(analysis.node_functions[caller], profile.stacks[caller].line);
    by_place[place].add(sums);
    place_of[node] = place;
  }
  for (const auto& [place, sums] : by_place) {
    const TimeFigure time = time_of(sums, analysis.cpu.population);
    if (!is_above(time, kMinRegexCompile)) continue;
    std::vector<bool> inside(profile.stacks.size());
    for (std::uint32_t at = 0; at < inside.size(); ++at) {
      const auto found = place_of.find(at);
      const std::uint32_t parent = profile.stacks[at].parent;
      inside[at] = (found != place_of.end() && found->second == place) || (parent != kNoIndex && inside[parent]);
    }
    const std::uint64_t spells = count_spells(profile, inside);
    if (spells < kMinSpells) continue;
    const ShownFunction& caller = analysis.names.functions()[place.first];
    hints.push_back(
        {"regex-compile",
         fmt::format("{} went into compiling regular expressions again and again (seen {} separate times), "
                     "called from {}; compile once, outside of the loop",
                     figure_text(time, "the CPU time"), spells, place_text(caller.name, caller.file, place.second)),
         ProfileClock::cpu, time, caller.frame, caller.file, place.second});
  }
}

// Nobody is told to change a line of what others wrote.
bool is_of_others(const ProfileFrame& frame) {
  const std::string_view module = frame.module;
  return !library_path(frame.file).empty() || module.starts_with("/usr/") || module.starts_with("/lib");
}

void hint_line(const Analysis& analysis, const ProfileSummary& summary, Hints& hints) {
  for (const LineSummary& line : summary.lines) {
    if (!is_above(line.cpu.self, kMinHotLine) || is_of_others(analysis.profile.frames.at(line.frame))) continue;
    hints.push_back({"hot-line",
                     fmt::format("{} is spent in one line, {}:{} in {}, without what it calls",
                                 figure_text(line.cpu.self, "the CPU time"), line.file, line.line, line.function),
                     ProfileClock::cpu, line.cpu.self, line.frame, line.file, line.line});
  }
}

void hint_gc(const Analysis&, const ProfileSummary& summary, Hints& hints) {
  const TimeFigure* time = kind_figure(summary, gc_kind());
  if (time == nullptr || !is_above(*time, kMinGc)) return;
  ProfileHint hint = hint_on("gc", ProfileClock::cpu, *time);
  hint.message =
      fmt::format("{} went into collecting garbage; make fewer objects that live long, or collect less often",
                  figure_text(*time, "the CPU time"));
  hints.push_back(std::move(hint));
}

// The share is of the wall time in which threads ran or waited for the lock: waiting for anything else is no
// competition for it.
void hint_gil(const Analysis& analysis, const ProfileSummary&, Hints& hints) {
  const ProfileSamples& samples = analysis.profile.samples;
  TimeSums waits;
  Population wanted;
  const std::vector<std::uint32_t>& order = analysis.by_time;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tick = 0, waiting = 0;
    std::uint64_t count = 0, waiters = 0;
    for (; end < order.size() && samples.time_ns[order[end]] == samples.time_ns[order[begin]]; ++end) {
      const std::uint8_t state = samples.state[order[end]];
      if ((state & (kOnCpu | kHoldsGil | kWaitsForGil)) == 0) continue;
      const auto wall = static_cast<double>(samples.wall_ns[order[end]]);
      tick += wall;
      ++count;
      if ((state & kWaitsForGil) == 0) continue;
      waiting += wall;
      ++waiters;
    }
    waits.add({waiting, waiting * tick, waiters});
    wanted.all.add({tick, tick * tick, count});
  }
  const TimeFigure time = time_of(waits, wanted);
  if (!is_above(time, kMinGilWait)) return;
  ProfileHint hint = hint_on("gil-wait", ProfileClock::wall, time);
  hint.message = fmt::format(
      "threads waited for the interpreter's lock in {}; processes instead of threads would run "
      "at the same time",
      figure_text(time, "the time in which they wanted to run"));
  hints.push_back(std::move(hint));
}

struct WaitRow {
  Activity activity;
  std::string_view code, what, advice;
};
constexpr WaitRow kWaits[] = {
    {Activity::child_wait, "child-wait", "another process", "see what that process does, or do other work meanwhile"},
    {Activity::network_wait, "io-wait", "the network", "ask for several things at the same time"},
    {Activity::file_sync, "io-wait", "data to reach the disk", "sync less often"},
};

constexpr int kWaitFrames = 4;  // innermost frames that may be the known one: communicate() calls a selector

// The known wait in which a stack is, and the nearest caller below it that belongs to the program.
struct Wait {
  Activity activity = Activity::none;
  std::uint32_t caller = kNoIndex;  // node
};

// Not of a library, as far as its place tells.
bool is_of_program(const ProfileFrame& frame, std::string_view cwd) {
  const std::string file = shown_file(frame, cwd);
  return frame.kind != FrameKind::native && !file.empty() && file.front() != '/' && file.front() != '<';
}

Wait wait_of(const Profile& profile, const std::vector<Activity>& activities, std::uint32_t stack) {
  Wait wait;
  int depth = 0;
  std::uint32_t node = stack;
  for (; node != kNoIndex && depth < kWaitFrames; node = profile.stacks[node].parent, ++depth) {
    const Activity activity = activities[profile.stacks[node].frame];
    // An event loop waits for many things; only who called it tells for what.
    if (activity == Activity::none || activity == Activity::event_wait) continue;
    wait.activity = activity;
    break;
  }
  for (; node != kNoIndex; node = profile.stacks[node].parent) {
    if (wait.caller == kNoIndex) wait.caller = node;
    if (!is_of_program(profile.frames[profile.stacks[node].frame], profile.cwd)) continue;
    wait.caller = node;
    break;
  }
  return wait;
}

bool is_off_cpu(const ProfileSamples& samples, std::size_t at) {
  return samples.cpu_ns[at] == 0 && (samples.state[at] & (kOnCpu | kUnknownCpu | kWaitsForGil)) == 0;
}

// Only the main thread of the first process: while it waits, the run does; other threads are there to wait.
void hint_waits(const Analysis& analysis, const ProfileSummary&, Hints& hints) {
  const Profile& profile = analysis.profile;
  const ProfileSamples& samples = profile.samples;
  std::vector<Activity> activities;
  for (const ProfileFrame& frame : profile.frames) activities.push_back(activity_of(frame));
  std::unordered_map<std::uint32_t, Wait> known;
  std::map<std::pair<const WaitRow*, std::uint32_t>, TimeSums> by_caller;
  Population run;
  for (std::size_t i = 0; i < samples.thread.size(); ++i) {
    const ProfileThread& thread = profile.threads[samples.thread[i]];
    const ProfileProcess& process = profile.processes[thread.process];
    if (thread.tid != process.pid || process.parent != kNoIndex) continue;
    const auto wall = static_cast<double>(samples.wall_ns[i]);
    run.all.add({wall, wall * wall, 1});
    if (!is_off_cpu(samples, i) || samples.stack[i] == kNoIndex) continue;
    const auto [found, made] = known.try_emplace(samples.stack[i]);
    if (made) found->second = wait_of(profile, activities, samples.stack[i]);
    for (const WaitRow& row : kWaits)
      if (row.activity == found->second.activity) by_caller[{&row, found->second.caller}].add({wall, wall * wall, 1});
  }
  for (const WaitRow& row : kWaits) {
    TimeSums sum;
    std::pair<double, std::uint32_t> most{0, kNoIndex};
    for (const auto& [key, sums] : by_caller) {
      if (key.first != &row) continue;
      sum.add(sums);
      most = std::max(most, {sums.ns, key.second});
    }
    const TimeFigure time = time_of(sum, run);
    if (!is_above(time, kMinWait) || most.second == kNoIndex) continue;
    const StackNode& at = profile.stacks[most.second];
    const ShownFunction& caller = analysis.names.of_frame(at.frame);
    hints.push_back(
        {std::string(row.code),
         fmt::format("the main thread waited for {} in {}, most in {}; {}", row.what, figure_text(time, "its time"),
                     place_text(caller.name, caller.file, at.line), row.advice),
         ProfileClock::wall, time, caller.frame, caller.file, at.line});
  }
}

// Measured per process, not sampled: programs this short have few samples or none.
void hint_short_processes(const Analysis& analysis, const ProfileSummary& summary, Hints& hints) {
  std::uint64_t count = 0;
  double cpu = 0;
  for (const ProfileProcess& process : analysis.profile.processes) {
    if (process.end_ns <= process.start_ns || process.end_ns - process.start_ns > kShortLifeNs) continue;
    ++count;
    if (process.cpu.value) cpu += static_cast<double>(process.cpu.value->count());
  }
  const auto all = static_cast<double>(summary.quality.measured_cpu_ns.value_or(0));
  if (count < kMinShortProcesses || all <= 0 || cpu < kMinShortCpu * all) return;
  ProfileHint hint = hint_on("short-processes", ProfileClock::cpu, {});
  hint.time.ns = static_cast<std::uint64_t>(cpu);
  hint.time.share.reason = "measured for each process, not sampled";
  hint.message = fmt::format(
      "{} processes lived shorter than {} and used {:.1f} % of the CPU time ({}); do more in each "
      "of them",
      count, seconds(static_cast<double>(kShortLifeNs)), std::min(cpu / all, 1.0) * 100, seconds(cpu));
  hints.push_back(std::move(hint));
}

}  // namespace

std::vector<ProfileHint> find_hints(const Analysis& analysis, const ProfileSummary& summary) {
  constexpr void (*kFinders[])(const Analysis&, const ProfileSummary&, Hints&) = {
      hint_import, hint_regex, hint_line, hint_gc, hint_gil, hint_waits, hint_short_processes};
  Hints hints;
  for (const auto find : kFinders) find(analysis, summary, hints);
  std::stable_sort(hints.begin(), hints.end(),
                   [](const ProfileHint& a, const ProfileHint& b) { return a.time.ns > b.time.ns; });
  return hints;
}

}  // namespace rh::profiles
