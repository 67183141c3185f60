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
  } else if (outcome.tree_usage) {
    usage.user_cpu = {of(outcome.tree_usage->ru_utime), Scope::lower_bound, "rusage", kUncounted};
    usage.system_cpu = {of(outcome.tree_usage->ru_stime), Scope::lower_bound, "rusage", kUncounted};
  } else {
    usage.user_cpu = usage.system_cpu =
        model::CpuFigure::unknown("no CPU control group, and the tree was killed before it could be asked");
  }
}

void fill_memory(model::ProcessUsage& usage, const RunCgroup& cgroup, const Outcome& outcome) {
  if (const auto peak = cgroup.memory_peak()) {
    usage.peak_memory = {*peak, Scope::exact_process,
                         cgroup.memory_v2() ? "cgroup v2 memory.peak" : "cgroup v1 memory.max_usage_in_bytes",
                         "includes page cache"};
  } else if (outcome.watched_peak_bytes > 0) {
    usage.peak_memory = {outcome.watched_peak_bytes, Scope::sampled, "sum of RSS every 5 to 20 ms",
                         "no memory control group"};
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

}  // namespace rh::sandbox
