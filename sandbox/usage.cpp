// Control groups count every process of the tree. Without them only what somebody waited for is
// known, and the figures say so.
#include "sandbox/usage.h"

#include <algorithm>

namespace rh::sandbox {
namespace {

using model::Scope;

constexpr const char* kUncounted = "no CPU control group: processes whose parent ignores SIGCHLD are not counted";
constexpr std::uint64_t kBlockBytes = 512;

std::chrono::nanoseconds of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

void fill_cpu(model::ProcessUsage& usage, const RunCgroup& cgroup, const Outcome& outcome) {
  if (const auto used = cgroup.cpu_used()) {
    const char* source = cgroup.cpu_source();
    usage.user_cpu = {used->user, Scope::exact_process, source, {}};
    usage.system_cpu = {used->system, Scope::exact_process, source, {}};
    return;
  }
  // Whoever was waited for, and what the processes' clocks showed before the tree was killed: the two
  // overlap, so the larger one is the better bound.
  CpuTime waited;
  if (outcome.tree_usage) waited = {of(outcome.tree_usage->ru_utime), of(outcome.tree_usage->ru_stime)};
  const bool by_clocks = outcome.clocks.total() > waited.total();
  const CpuTime& most = by_clocks ? outcome.clocks : waited;
  const char* source = by_clocks ? "process clocks" : "rusage";
  if (!by_clocks && !outcome.tree_usage) {
    usage.user_cpu = usage.system_cpu =
        model::CpuFigure::unknown("no CPU control group, and the tree was killed before it could be asked");
    return;
  }
  usage.user_cpu = {most.user, Scope::lower_bound, source, kUncounted};
  usage.system_cpu = {most.system, Scope::lower_bound, source, kUncounted};
}

void fill_memory(model::ProcessUsage& usage, const RunCgroup& cgroup, const Outcome& outcome) {
  if (const auto peak = cgroup.memory_peak()) {
    usage.peak_memory = {*peak, Scope::exact_process,
                         cgroup.memory_v2() ? "cgroup v2 memory.peak" : "cgroup v1 memory.max_usage_in_bytes",
                         "includes page cache"};
  } else if (outcome.largest_process_bytes > outcome.watched_peak_bytes) {
    usage.peak_memory = {outcome.largest_process_bytes, Scope::lower_bound, "largest process by rusage",
                         "no memory control group: what other processes held at the same time is not in it"};
  } else if (outcome.watched_peak_bytes > 0) {
    usage.peak_memory = {outcome.watched_peak_bytes, Scope::sampled, "sum over all processes every 1 to 20 ms",
                         "no memory control group: a page counts for each process that shares it"};
  } else {
    usage.peak_memory =
        model::BytesFigure::unknown("no memory control group, and the tree ended before it was sampled");
  }
}

}  // namespace

model::ProcessUsage measure_usage(const RunCgroup& cgroup, const Outcome& outcome) {
  model::ProcessUsage usage;
  usage.wall = outcome.wall;
  fill_cpu(usage, cgroup, outcome);
  fill_memory(usage, cgroup, outcome);
  if (const auto peak = cgroup.pids_peak())
    // Init is one of the counted.
    usage.max_processes = {std::max<std::uint64_t>(*peak, 1) - 1, Scope::exact_process, "cgroup pids.peak",
                           "threads count, too"};
  else
    usage.max_processes = model::CountFigure::unknown("no pids control group with a peak");
  if (outcome.tree_usage) {
    const auto blocks = [](long count) { return static_cast<std::uint64_t>(count) * kBlockBytes; };
    constexpr const char* kReason = "storage traffic of the processes that were waited for";
    usage.read_bytes = {blocks(outcome.tree_usage->ru_inblock), Scope::lower_bound, "rusage", kReason};
    usage.written_bytes = {blocks(outcome.tree_usage->ru_oublock), Scope::lower_bound, "rusage", kReason};
  } else {
    usage.read_bytes = usage.written_bytes =
        model::BytesFigure::unknown("the tree was killed before it could be asked");
  }
  return usage;
}

ExitSources name_sources(const LaunchPlan& plan) {
  ExitSources sources;
  if (!plan.cgroup->memory().empty()) sources.oom_kills = plan.cgroup->oom_source();
  sources.leftovers = plan.cgroup->procs().empty() ? "/proc of init's descendants" : "cgroup.procs";
  sources.signals_sent = plan.child.own_pids ? "the pid namespace's init" : "init, to each of its descendants";
  return sources;
}

}  // namespace rh::sandbox
