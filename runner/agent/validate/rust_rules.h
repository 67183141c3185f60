// The names that Rust code is judged by.
#pragma once

#include "runner/agent/validate/rules.h"

namespace rh::agent {

[[nodiscard]] const RuleTable& rust_rules();

}  // namespace rh::agent
