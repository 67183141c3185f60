// Per-process limits of the kernel. The tree's memory and CPU time are never limited by these.
#pragma once

#include <vector>

#include "runner/model/limits.h"
#include "sandbox/command_block.h"

namespace rh::sandbox {

// `count_pids`: RLIMIT_NPROC stands in for a missing pids controller; only where the command has a
// user namespace of its own does the kernel count for the tree alone.
[[nodiscard]] std::vector<ResourceLimit> resource_limits(const model::Limits& limits, bool count_pids);

}  // namespace rh::sandbox
