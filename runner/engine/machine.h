// Facts about the machine that stand in every report.
#pragma once

#include "runner/model/report.h"

namespace rh::engine {

[[nodiscard]] model::Machine describe_machine();
// Single ones of them, for what has to start fast.
[[nodiscard]] unsigned usable_cores();
[[nodiscard]] std::uint64_t usable_memory();  // a container's limit counts, not the host's size

}  // namespace rh::engine
