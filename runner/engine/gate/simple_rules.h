// Rules by one flag or key each: --min-coverage, gates.max_failures... Each stands for a rule of the table of
// kinds, about the whole run, that blocks.
#pragma once

#include <vector>

#include "runner/engine/gate/rule.h"
#include "runner/engine/settings.h"

namespace rh::engine {

// The rules of all "gates." settings that are set; an error names the setting's origin. `memory_bytes`: what a
// percentage of memory is of.
[[nodiscard]] Result<std::vector<GateRule>> simple_rules(const Settings& settings, std::uint64_t memory_bytes);

}  // namespace rh::engine
