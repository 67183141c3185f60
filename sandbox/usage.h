// What the tree used, from the best source there is, with its scope.
#pragma once

#include "runner/model/usage.h"
#include "sandbox/launch_plan.h"
#include "sandbox/supervise.h"

namespace rh::sandbox {

[[nodiscard]] model::ProcessUsage measure_usage(const RunCgroup& cgroup, const Outcome& outcome);
// By which means the other figures of a record were found.
[[nodiscard]] ExitSources name_sources(const LaunchPlan& plan);

}  // namespace rh::sandbox
