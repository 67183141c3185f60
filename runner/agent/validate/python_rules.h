// The names that Python code is judged by.
#pragma once

#include <array>
#include <span>

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& python_rules();
[[nodiscard]] std::array<std::span<const RuleRow>, 6> python_rules_of_programs();  // a part of them

}  // namespace rh::agent
