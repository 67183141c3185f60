// The names that JavaScript code is judged by.
#pragma once

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& javascript_rules();

}  // namespace rh::agent
