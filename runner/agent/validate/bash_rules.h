// The commands that shell scripts are judged by.
#pragma once

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& bash_rules();

}  // namespace rh::agent
