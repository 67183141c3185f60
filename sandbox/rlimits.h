// Per-process limits of the kernel. The tree's memory and CPU time are never limited by these.
#pragma once

#include <vector>

#include "runner/model/limits.h"
#include "sandbox/command_block.h"

namespace rh::sandbox {

// What keeps the tree from having too many processes.
enum class PidsLimit {
  group,      // a pids controller
  own_count,  // RLIMIT_NPROC: the kernel counts for a user namespace of the command's own
  watchdog,   // RLIMIT_NPROC counts all processes of the user, so it can only be the last line
};

[[nodiscard]] std::vector<ResourceLimit> resource_limits(const model::Limits& limits, PidsLimit pids);

}  // namespace rh::sandbox
