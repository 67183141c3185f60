// Watches one running tree to its end: output, ticks, limits, cancellation, leftovers. One thread,
// the caller's, which also is the one that the tree's death signal is tied to.
#pragma once

#include <sys/resource.h>

#include <optional>
#include <vector>

#include "runner/base/clock.h"
#include "runner/model/report.h"
#include "sandbox/ending.h"
#include "sandbox/launch_plan.h"
#include "sandbox/process_tree.h"
#include "sandbox/sandbox.h"

namespace rh::sandbox {

struct Outcome {
  EndingFacts facts;
  bool started = false;
  std::optional<InitMessage> failure;  // the set-up or exec failed
  std::vector<InitMessage> degraded;
  std::optional<rusage> tree_usage;  // every process that init or its parent waited for
  Nanoseconds wall{};
  CpuTime clocks;                           // most that was seen on the processes' own clocks; without a CPU group
  std::uint64_t watched_peak_bytes = 0;     // by the watchdog; 0 without one
  std::uint64_t largest_process_bytes = 0;  // of those that were waited for; 0: not larger than the runner
  std::vector<int> signals_sent;
  std::vector<model::LeftoverProcess> leftovers;
  std::uint64_t output_bytes = 0;
  bool output_truncated = false;
};

// Returns when every process of the command is gone; init itself may still be on its way out.
[[nodiscard]] Outcome supervise(const LaunchSpec& spec, const SuperviseHooks& hooks, LaunchPlan& plan,
                                InitProcess& init, Nanoseconds begin);

}  // namespace rh::sandbox
