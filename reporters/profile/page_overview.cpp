#include "reporters/profile/page_overview.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reporters/json/encoder.h"
#include "reporters/page/columns.h"
#include "reporters/page/section.h"
#include "reporters/profile/page_timeline.h"

namespace rh::reporters {
namespace {

// A tree of very many processes must not fill the page with their command lines.
constexpr std::size_t kLongCommands = 400;
constexpr std::size_t kLongCommandBytes = 1000, kShortCommandBytes = 120;
constexpr std::size_t kMaxDiagnostics = 300;
constexpr std::size_t kMaxSites = 20'000;  // of allocations, the largest
constexpr std::size_t kMaxPeakStacks = 200;
constexpr double kLeastShare = 0.0005;  // of a function whose intervals are kept: of less, the page computes its own

std::optional<std::int64_t> index_or_null(std::uint32_t index) {
  return index == model::kNoIndex ? std::nullopt : std::optional<std::int64_t>(index);
}

class Overview {
 public:
  Overview(const model::Profile& profile, const model::ProfileSummary& summary, const PageStacks& stacks)
      : profile_(profile), summary_(summary), stacks_(stacks), encoder_(writer_, Density::full, {}) {}

  std::string take(const PageRuns& runs, const Thinning& thinning) {
    writer_.open('{');
    run();
    processes();
    threads();
    write_timeline(writer_, profile_.timeline);
    write_spans(writer_, profile_.spans);
    memory();
    allocations();
    quality();
    noise();
    diagnostics();
    intervals();
    hints();
    kept(runs, thinning);
    writer_.close('}');
    return writer_.take();
  }

 private:
  template <class T>
  void member(std::string_view name, const T& value) {
    writer_.key(name);
    encoder_.value(value);
  }

  void run() {
    member("version", kProfilePageVersion);
    member("command", profile_.command);
    member("cwd", profile_.cwd);
    member("started_at", profile_.started_at);
    member("duration_ns", profile_.duration_ns);
    member("rate_hz", profile_.rate_hz);
    member("clock", clock_name(profile_.clock));
    member("preset", profile_.preset);
    member("status", profile_.status);
    member("machine", profile_.machine);
    member("cpu", profile_.cpu);
  }

  static std::string clock_name(model::ProfileClock clock) {
    return clock == model::ProfileClock::cpu ? "cpu" : "wall";
  }

  void sample_quality(const model::SampleQuality& quality) {
    writer_.open('{');
    member("expected", quality.expected);
    member("taken", quality.taken);
    member("rejected", quality.rejected);
    member("idle", quality.idle);
    member("late", quality.late);
    member("retries", quality.retries);
    member("lost", quality.lost);
    writer_.close('}');
  }

  void processes() {
    writer_.key("processes");
    writer_.open('[');
    std::size_t written = 0;
    for (const model::ProfileProcess& process : profile_.processes) {
      const std::size_t bytes = written++ < kLongCommands ? kLongCommandBytes : kShortCommandBytes;
      const std::string_view command = prefix_of(process.command, bytes);
      writer_.open('{');
      member("pid", process.pid);
      member("parent", index_or_null(process.parent));
      member("command", command.size() == process.command.size() ? process.command : std::string(command) + "\u2026");
      member("runtime", process.runtime);
      member("profiler", process.profiler);
      member("unprofiled_reason", process.unprofiled_reason);
      member("start_ns", process.start_ns);
      member("end_ns", process.end_ns);
      writer_.key("quality");
      sample_quality(process.quality);
      member("cpu", process.cpu);
      member("peak_rss", process.peak_rss);
      writer_.close('}');
    }
    writer_.close(']');
  }

  void threads() {
    NumberColumn processes, tids;
    DictionaryColumn names;
    for (const model::ProfileThread& thread : profile_.threads) {
      processes.add(thread.process);
      tids.add(thread.tid);
      names.add(thread.name);
    }
    writer_.key("threads");
    writer_.open('{');
    column("process", processes);
    column("tid", tids);
    column("name", names);
    writer_.close('}');
  }

  template <class Column>
  void column(std::string_view name, const Column& column) {
    writer_.key(name);
    column.write(writer_);
  }

  void memory() {
    writer_.key("memory");
    writer_.open('{');
    member("bytes", profile_.memory.bytes);
    member("time_ns", profile_.memory.time_ns);
    writer_.key("stacks");
    writer_.open('[');
    std::size_t written = 0;
    for (const auto& [thread, stack] : profile_.memory.stacks) {
      if (++written > kMaxPeakStacks) break;
      writer_.open('[');
      encoder_.value(thread);
      encoder_.value(index_or_null(stacks_.node(stack)));
      writer_.close(']');
    }
    writer_.close(']');
    writer_.close('}');
  }

  void allocations() {
    const std::vector<model::AllocationSite>& sites = profile_.allocations.sites;
    std::vector<std::size_t> order(sites.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::max(sites[a].live_bytes, sites[a].total_bytes) > std::max(sites[b].live_bytes, sites[b].total_bytes);
    });
    order.resize(std::min(order.size(), kMaxSites));
    NumberColumn processes, nodes, live, counts, total;
    for (const std::size_t i : order) {
      processes.add(sites[i].process);
      nodes.add(index_or_null(stacks_.node(sites[i].stack)));
      live.add(static_cast<std::int64_t>(sites[i].live_bytes));
      counts.add(static_cast<std::int64_t>(sites[i].live_count));
      total.add(static_cast<std::int64_t>(sites[i].total_bytes));
    }
    writer_.key("allocations");
    writer_.open('{');
    member("source", profile_.allocations.source);
    member("overhead", profile_.allocations.overhead);
    member("left_out", sites.size() - order.size());
    column("process", processes);
    column("node", nodes);
    column("live_bytes", live);
    column("live_count", counts);
    column("total_bytes", total);
    writer_.close('}');
  }

  void quality() {
    const model::ProfileQuality& quality = summary_.quality;
    writer_.key("quality");
    writer_.open('{');
    writer_.key("sum");
    sample_quality(quality.sum);
    member("adds_up", quality.adds_up);
    member("late_share", quality.late_share);
    member("rejected_share", quality.rejected_share);
    member("unprofiled_processes", quality.unprofiled_processes);
    member("sampled_cpu_ns", quality.sampled_cpu_ns);
    member("unknown_stack_cpu_ns", quality.unknown_stack_cpu_ns);
    member("measured_cpu_ns", quality.measured_cpu_ns);
    member("measured_cpu_reason", quality.measured_cpu_reason);
    writer_.close('}');
  }

  void noise() {
    const model::ProfileNoise& noise = profile_.noise;
    writer_.key("noise");
    writer_.open('{');
    member("steal_share", noise.steal_share);
    member("load_at_start", noise.load_at_start);
    member("frequency_spread", noise.frequency_spread);
    member("frequency_reason", noise.frequency_reason);
    member("hardware_counters_reason", noise.hardware_counters_reason);
    member("wake_up_ns_median", noise.wake_up_ns_median);
    member("wake_up_ns_p99", noise.wake_up_ns_p99);
    member("own_cpu_ns", noise.own_cpu_ns);
    writer_.close('}');
  }

  void diagnostics() {
    std::vector<model::Diagnostic> all = profile_.diagnostics;
    all.insert(all.end(), summary_.warnings.begin(), summary_.warnings.end());
    const std::size_t count = all.size();
    all.resize(std::min(count, kMaxDiagnostics));
    member("diagnostics", all);
    member("diagnostics_left_out", count - all.size());
  }

  // {"frame":[frame...],"cpu_self":[low,high,low,high...],"cpu_total":...}, in millionths.
  void intervals() {
    std::vector<const model::FunctionSummary*> functions;
    for (const model::FunctionSummary& function : summary_.functions)
      if (stacks_.frame(function.frame) != model::kNoIndex &&
          (function.cpu.total.share.value >= kLeastShare || function.wall.total.share.value >= kLeastShare))
        functions.push_back(&function);
    writer_.key("intervals");
    writer_.open('{');
    writer_.key("frame");
    writer_.open('[');
    for (const auto* function : functions) encoder_.value(stacks_.frame(function->frame));
    writer_.close(']');
    bounds("cpu_self", functions, [](const model::FunctionSummary& function) { return function.cpu.self.share; });
    bounds("cpu_total", functions, [](const model::FunctionSummary& function) { return function.cpu.total.share; });
    bounds("wall_self", functions, [](const model::FunctionSummary& function) { return function.wall.self.share; });
    bounds("wall_total", functions, [](const model::FunctionSummary& function) { return function.wall.total.share; });
    writer_.close('}');
  }

  template <class ShareOf>
  void bounds(std::string_view name, const std::vector<const model::FunctionSummary*>& functions, ShareOf share_of) {
    writer_.key(name);
    writer_.open('[');
    for (const auto* function : functions) {
      const model::ShareFigure share = share_of(*function);
      encoder_.value(std::int64_t{std::llround(share.low * 1e6)});
      encoder_.value(std::int64_t{std::llround(share.high * 1e6)});
    }
    writer_.close(']');
  }

  void hints() {
    writer_.key("hints");
    writer_.open('[');
    for (const model::ProfileHint& hint : summary_.hints) {
      writer_.open('{');
      member("code", hint.code);
      member("message", hint.message);
      member("frame", hint.frame ? index_or_null(stacks_.frame(*hint.frame)) : std::nullopt);
      member("file", hint.file);
      member("line", hint.line);
      writer_.close('}');
    }
    writer_.close(']');
  }

  // What the page was cut down to, for its reader and for the decoder of its columns.
  void kept(const PageRuns& runs, const Thinning& thinning) {
    writer_.key("kept");
    writer_.open('{');
    member("samples", profile_.samples.time_ns.size());
    member("runs", runs.of_thread);
    member("nodes", stacks_.node_count());
    member("nodes_left_out", stacks_.left_out());
    member("unit_ns", thinning.unit_ns);
    member("slice_ns", thinning.slices == 0 ? 0 : profile_.duration_ns / thinning.slices);
    member("rare_share", thinning.rare_share);
    writer_.close('}');
  }

  const model::Profile& profile_;
  const model::ProfileSummary& summary_;
  const PageStacks& stacks_;
  JsonWriter writer_{0};
  Encoder encoder_;
};

}  // namespace

std::string overview_json(const model::Profile& profile, const model::ProfileSummary& summary, const PageStacks& stacks,
                          const PageRuns& runs, const Thinning& thinning) {
  return Overview(profile, summary, stacks).take(runs, thinning);
}

}  // namespace rh::reporters
