// The commands in one table: name, help, flags of its own, which settings it takes, and the function that
// runs it. Help, parsing and the suggestion for a misspelt word are made from the rows.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "runner/app/options.h"
#include "runner/base/result.h"
#include "runner/engine/settings.h"

namespace rh::app {

// Its texts go to CommandLine::named under `argument`.
struct NamedFlag {
  std::string_view argument;
  bool takes_value = true;
  bool repeats = false;
};

// A flag or a positional argument that only some commands have. It fills one member of CommandLine.
struct FlagRow {
  std::string_view name;  // "--json", "-v,--verbose", or "PATH" for positional arguments
  std::variant<bool CommandLine::*, std::string CommandLine::*, std::vector<std::string> CommandLine::*, NamedFlag>
      into;
  std::string_view placeholder;
  std::string_view group;
  std::string_view help;
};

struct CommandRow {
  CommandName name;
  std::string_view word;
  std::string_view help;
  Result<int> (*run)(const CommandLine& line);
  bool (*takes)(const engine::OptionRow& row);  // which settings are options of it; nullptr: none
  std::vector<FlagRow> flags;
  std::string_view footer;
  std::string_view group = "Tests and programs";  // in the list of commands
};

[[nodiscard]] const std::vector<CommandRow>& command_rows();
// The row with the flags of the tools that its command stands for. Only the command that is asked for needs them.
[[nodiscard]] CommandRow with_tools(const CommandRow& row);

}  // namespace rh::app
