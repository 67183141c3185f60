// CPU time of a sandbox's tree while it lives, from its control group.
#pragma once

#include <chrono>
#include <optional>

#include "sandbox/sandbox.h"

namespace rh::agent {

// Absent where there is no group that counts it.
[[nodiscard]] std::optional<std::chrono::nanoseconds> tree_cpu(const sandbox::TreeLocation& tree);

}  // namespace rh::agent
