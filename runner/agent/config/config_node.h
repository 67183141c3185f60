// A configuration file as a tree with places, whichever format it was written in: TOML, or YAML with the same keys.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/command.h"

namespace rh::agent {

constexpr std::size_t kMaxConfigBytes = 1U << 20;
constexpr std::size_t kMaxConfigNodes = 20'000;  // YAML aliases can stand for more than is written

struct ConfigNode {
  enum class Kind { text, number, boolean, list, table, empty };
  Kind kind = Kind::empty;
  std::string text;  // of a scalar, as it is written; ${VAR} is replaced
  std::vector<ConfigNode> items;
  std::vector<std::pair<std::string, ConfigNode>> members;
  std::string where;  // "runharness.toml:4:1", of the key for a member

  [[nodiscard]] const ConfigNode* member(std::string_view name) const;
  [[nodiscard]] std::string_view kind_text() const;  // "a whole table", for messages
};

// `name` is shown in places. ${NAME} and ${NAME:-otherwise} in texts below the agent's sections are replaced from
// `environment`; a variable that is not set is an error.
[[nodiscard]] Result<ConfigNode> read_toml_tree(std::string_view text, const std::string& name);
[[nodiscard]] Result<ConfigNode> read_yaml_tree(std::string_view text, const std::string& name);
[[nodiscard]] Result<void> expand_variables(ConfigNode& node, const model::Environment& environment);

}  // namespace rh::agent
