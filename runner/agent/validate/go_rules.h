// The names that Go code is judged by.
#pragma once

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& go_rules();

}  // namespace rh::agent
