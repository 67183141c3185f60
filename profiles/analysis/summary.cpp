#include "profiles/analysis/summary.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>

#include "profiles/analysis/analysis.h"
#include "profiles/analysis/stack_kinds.h"

namespace rh::profiles {
namespace {

using namespace rh::model;

// Most self time on the clock first, then most total time, then by place: the same order in every run.
template <class Row>
void sort_rows(std::vector<Row>& rows, ProfileClock clock) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    const ClockFigures &left = figures(a, clock), &right = figures(b, clock);
    return std::tuple(right.self.ns, right.total.ns, a.file, a.line) <
           std::tuple(left.self.ns, left.total.ns, b.file, b.line);
  });
}

std::vector<FunctionSummary> functions_of(const Analysis& analysis) {
  const std::vector<ShownFunction>& shown = analysis.names.functions();
  const auto cpu = analysis.tree.fold(analysis.cpu.by_node, analysis.node_functions, shown.size());
  const auto wall = analysis.tree.fold(analysis.wall.by_node, analysis.node_functions, shown.size());
  std::vector<FunctionSummary> functions;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (cpu[i].total.samples == 0 && wall[i].total.samples == 0) continue;
    functions.push_back({shown[i].frame, shown[i].name, shown[i].file, shown[i].line,
                         figures_of(cpu[i], analysis.cpu.population), figures_of(wall[i], analysis.wall.population)});
  }
  sort_rows(functions, analysis.profile.clock);
  return functions;
}

// The lines that stacks are at, numbered.
struct LineGroups {
  std::vector<std::uint32_t> of_node;
  std::vector<std::pair<std::string, std::uint32_t>> places;
};

LineGroups group_lines(const Analysis& analysis) {
  LineGroups groups;
  std::unordered_map<std::string, std::uint32_t> known;
  groups.of_node.reserve(analysis.profile.stacks.size());
  for (const StackNode& node : analysis.profile.stacks) {
    const ShownFunction& function = analysis.names.of_frame(node.frame);
    if (node.line == 0 || analysis.profile.frames[node.frame].file.empty()) {
      groups.of_node.push_back(kNoIndex);
      continue;
    }
    const auto [found, made] = known.try_emplace(function.file + ':' + std::to_string(node.line),
                                                 static_cast<std::uint32_t>(groups.places.size()));
    if (made) groups.places.emplace_back(function.file, node.line);
    groups.of_node.push_back(found->second);
  }
  return groups;
}

// Of each line the function that has most of its self time, or the first one seen there.
std::vector<std::uint32_t> functions_of_lines(const Analysis& analysis, const LineGroups& groups) {
  std::unordered_map<std::uint64_t, double> times;
  std::vector<std::uint32_t> best(groups.places.size(), kNoIndex);
  std::vector<double> most(groups.places.size(), -1);
  const StackTimes& clock = analysis.times(analysis.profile.clock);
  for (std::size_t node = 0; node < groups.of_node.size(); ++node) {
    const std::uint32_t line = groups.of_node[node];
    if (line == kNoIndex) continue;
    const std::uint32_t function = analysis.node_functions[node];
    double& time = times[(std::uint64_t{line} << 32U) | function];
    time += clock.by_node[node].ns;
    if (time > most[line]) {
      most[line] = time;
      best[line] = function;
    }
  }
  return best;
}

std::vector<LineSummary> lines_of(const Analysis& analysis) {
  const LineGroups groups = group_lines(analysis);
  const std::vector<std::uint32_t> functions = functions_of_lines(analysis, groups);
  const auto cpu = analysis.tree.fold(analysis.cpu.by_node, groups.of_node, groups.places.size());
  const auto wall = analysis.tree.fold(analysis.wall.by_node, groups.of_node, groups.places.size());
  std::vector<LineSummary> lines;
  for (std::size_t i = 0; i < groups.places.size(); ++i) {
    if (cpu[i].total.samples == 0 && wall[i].total.samples == 0) continue;
    const ShownFunction& function = analysis.names.functions()[functions[i]];
    lines.push_back({groups.places[i].first, groups.places[i].second, function.frame, function.name,
                     figures_of(cpu[i], analysis.cpu.population), figures_of(wall[i], analysis.wall.population)});
  }
  sort_rows(lines, analysis.profile.clock);
  return lines;
}

std::vector<KindSummary> kinds_of(const Analysis& analysis) {
  const std::size_t kinds = kind_names().size();
  const auto sums_of = [&](const StackTimes& times) {
    std::vector<TimeSums> sums(kinds);
    for (std::size_t node = 0; node < times.by_node.size(); ++node)
      sums[analysis.node_kinds[node]].add(times.by_node[node]);
    sums[unknown_kind()].add(times.unknown);
    return sums;
  };
  const auto cpu = sums_of(analysis.cpu), wall = sums_of(analysis.wall);
  std::vector<KindSummary> rows;
  for (std::size_t i = 0; i < kinds; ++i)
    if (cpu[i].samples + wall[i].samples > 0)
      rows.push_back({std::string(kind_names()[i]), time_of(cpu[i], analysis.cpu.population),
                      time_of(wall[i], analysis.wall.population)});
  const bool by_cpu = analysis.profile.clock == ProfileClock::cpu;
  std::stable_sort(rows.begin(), rows.end(), [&](const KindSummary& a, const KindSummary& b) {
    return by_cpu ? a.cpu.ns > b.cpu.ns : a.wall.ns > b.wall.ns;
  });
  return rows;
}

std::vector<ThreadSummary> threads_of(const Analysis& analysis) {
  const Profile& profile = analysis.profile;
  std::vector<ThreadSummary> threads(profile.threads.size());
  for (std::uint32_t i = 0; i < threads.size(); ++i)
    threads[i] = {i, time_of(analysis.cpu.by_thread[i], analysis.cpu.population),
                  time_of(analysis.wall.by_thread[i], analysis.wall.population), 0};
  const ProfileSamples& samples = profile.samples;
  for (std::size_t i = 0; i < samples.thread.size(); ++i)
    if ((samples.state[i] & kWaitsForGil) != 0) threads[samples.thread[i]].waits_for_gil_ns += samples.wall_ns[i];
  return threads;
}

bool adds_up(const SampleQuality& quality) {
  return quality.expected == quality.taken + quality.rejected + quality.idle + quality.late;
}

std::vector<ProcessSummary> processes_of(const Analysis& analysis) {
  const Profile& profile = analysis.profile;
  std::vector<ProcessSummary> processes(profile.processes.size());
  std::vector<TimeSums> cpu(processes.size()), wall(processes.size());
  for (std::uint32_t i = 0; i < profile.threads.size(); ++i) {
    const std::uint32_t process = profile.threads[i].process;
    cpu[process].add(analysis.cpu.by_thread[i]);
    wall[process].add(analysis.wall.by_thread[i]);
    processes[process].threads.push_back(i);
  }
  for (std::uint32_t i = 0; i < processes.size(); ++i) {
    ProcessSummary& process = processes[i];
    process.process = i;
    process.cpu = time_of(cpu[i], analysis.cpu.population);
    process.wall = time_of(wall[i], analysis.wall.population);
    process.quality_adds_up = adds_up(profile.processes[i].quality);
    std::stable_sort(process.threads.begin(), process.threads.end(), [&](std::uint32_t a, std::uint32_t b) {
      return analysis.cpu.by_thread[a].ns > analysis.cpu.by_thread[b].ns;
    });
  }
  return processes;
}

void add_quality(SampleQuality& sum, const SampleQuality& quality) {
  sum.expected += quality.expected;
  sum.taken += quality.taken;
  sum.rejected += quality.rejected;
  sum.idle += quality.idle;
  sum.late += quality.late;
  sum.retries += quality.retries;
  sum.lost += quality.lost;
}

ProfileQuality quality_of(const Analysis& analysis) {
  const Profile& profile = analysis.profile;
  ProfileQuality quality;
  for (const ProfileProcess& process : profile.processes) {
    add_quality(quality.sum, process.quality);
    quality.adds_up = quality.adds_up && adds_up(process.quality);
    if (process.profiler.empty()) ++quality.unprofiled_processes;
  }
  if (quality.sum.expected > 0) {
    const auto expected = static_cast<double>(quality.sum.expected);
    quality.late_share = static_cast<double>(quality.sum.late) / expected;
    quality.rejected_share = static_cast<double>(quality.sum.rejected) / expected;
  }
  quality.sampled_cpu_ns = static_cast<std::uint64_t>(analysis.cpu.population.all.ns);
  quality.unknown_stack_cpu_ns = static_cast<std::uint64_t>(analysis.cpu.unknown.ns);
  if (profile.cpu.value)
    quality.measured_cpu_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(profile.cpu.value->count(), 0));
  else
    quality.measured_cpu_reason = profile.cpu.reason;
  return quality;
}

std::vector<PeakStack> peak_stacks_of(const Analysis& analysis) {
  const Profile& profile = analysis.profile;
  std::vector<PeakStack> stacks;
  for (const auto& [thread, stack] : profile.memory.stacks) {
    if (thread >= profile.threads.size() || stack >= profile.stacks.size()) continue;
    stacks.push_back({profile.threads[thread].process, thread, stack_texts(profile, analysis.names, stack)});
  }
  return stacks;
}

TimeFigure without_share(const TimeSums& sums) {
  TimeFigure figure;
  figure.ns = static_cast<std::uint64_t>(std::llround(sums.ns));
  figure.samples = sums.samples;
  figure.share.reason = "the whole";
  return figure;
}

}  // namespace

ClockFigures figures_of(const GroupTimes& times, const Population& population) {
  return {time_of(times.self, population), time_of(times.total, population)};
}

Analysis::Analysis(const Profile& analysed)
    : profile(analysed),
      names(analysed),
      by_time(samples_by_time(analysed)),
      cpu(sum_times(analysed, ProfileClock::cpu, by_time)),
      wall(sum_times(analysed, ProfileClock::wall, by_time)),
      tree(analysed.stacks),
      node_kinds(kinds_of_nodes(analysed)) {
  node_functions.reserve(analysed.stacks.size());
  for (const StackNode& node : analysed.stacks) node_functions.push_back(names.function_of_frame(node.frame));
}

ProfileSummary summarize(const Profile& profile) {
  const Analysis analysis(profile);
  ProfileSummary summary;
  summary.cpu = without_share(analysis.cpu.population.all);
  summary.wall = without_share(analysis.wall.population.all);
  summary.functions = functions_of(analysis);
  summary.lines = lines_of(analysis);
  summary.kinds = kinds_of(analysis);
  summary.threads = threads_of(analysis);
  summary.processes = processes_of(analysis);
  summary.peak_stacks = peak_stacks_of(analysis);
  summary.quality = quality_of(analysis);
  summary.warnings = find_noise(profile, summary);
  summary.hints = find_hints(analysis, summary);
  return summary;
}

}  // namespace rh::profiles
