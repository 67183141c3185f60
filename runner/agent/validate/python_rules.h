// The names that Python code is judged by.
#pragma once

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& python_rules();

}  // namespace rh::agent
