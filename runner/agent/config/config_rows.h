// The keys of the agent's configuration in one table: files, environment, messages, `config --explain` and
// docs/agents/configuration.md are made from it or checked against it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/config.h"
#include "runner/base/result.h"

namespace rh::agent {

enum class KeyType { boolean, whole, number, size, duration, text, list, words, choice, map };

// A value as it was written: one text, several for lists, or pairs for maps.
struct KeyValue {
  std::vector<std::string> texts;
  std::map<std::string, std::string> pairs;
  std::string name;   // what stands for "*" in the key
  std::string where;  // "runharness.toml:4:1", "EXECUTOR_TIMEOUT"
  [[nodiscard]] const std::string& text() const { return texts.front(); }
};

struct KeyRow {
  std::string_view key;  // "execution.timeout"; "*" is a name: "execution.modes.*.kernel_name"
  KeyType type;
  std::string_view choices;      // of a choice; "off=disabled" is another word for the same
  std::string_view fallback;     // built-in default as text
  std::string_view environment;  // variables, the first is our own: "RUNHARNESS_EXECUTION_TIMEOUT,EXECUTOR_TIMEOUT"
  std::string_view aliases;      // other last words of the key: "max_execution_time"
  std::string_view help;
  Result<void> (*apply)(AgentConfig&, const KeyValue&);
  std::string (*text)(const AgentConfig&) = nullptr;  // the value in force, of rows without "*"
  // May only be taken back, not given, by a project's file: true when the change gives more than before.
  bool (*loosens)(const AgentConfig& before, const AgentConfig& after) = nullptr;
};

[[nodiscard]] const std::vector<KeyRow>& key_rows();
[[nodiscard]] std::string_view name_of(KeyType type);

// The row of a dotted key, by its name or an alias, case not minded; `name` becomes what stands for "*".
[[nodiscard]] const KeyRow* key_row(std::string_view dotted, std::string& name);
// Is there a key below it?
[[nodiscard]] bool is_section(std::string_view dotted);

// Against the row's type; a number of seconds is a duration, too.
[[nodiscard]] Result<void> check_value(const KeyRow& row, KeyValue& value);

}  // namespace rh::agent
