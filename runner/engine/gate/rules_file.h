// Reads the rules of runharness.toml: [[gates.rule]] and [components]. Unknown keys, wrong types, values out
// of range and scopes that a kind cannot have are errors with file, line, column and a suggestion.
#pragma once

#include "runner/engine/gate/rule.h"
#include "runner/engine/toml_nodes.h"

namespace rh::engine {

[[nodiscard]] Result<void> read_rules(const TomlNodes& nodes, const toml::node& node, GateRules& rules);
[[nodiscard]] Result<void> read_components(const TomlNodes& nodes, const toml::node& node, GateRules& rules);
// Once the whole file is read: every component that a rule names is there.
[[nodiscard]] Result<void> check_components(const GateRules& rules);

}  // namespace rh::engine
