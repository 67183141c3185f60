// Options in one table: each row makes a command-line flag, a configuration key, an environment
// variable, a line of --help and a line of `config --explain`. Values are kept as text with their
// origin until every layer is in; then they become typed structs once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::engine {

// count: a whole number, or a part of all such as "2%". slowest: a flag that may carry "=slowest:N"; "all" without it.
enum class OptionType {
  text,
  integer,
  count,
  decimal,
  size,
  duration,
  percent,
  boolean,
  list,
  choice,
  file_list,
  slowest,
};

// Which commands take the option.
enum class UsedBy { test, run, both };

struct OptionRow {
  std::string_view key;          // in runharness.toml, dotted: "limits.memory"
  std::string_view flag;         // "--memory", other names of it behind a comma; empty: configuration only
  std::string_view environment;  // "RUNHARNESS_MEMORY"; empty: none
  OptionType type;
  std::string_view choices;      // for choice: "none|host"; for a list: of each of its comma-separated words
  std::string_view fallback;     // built-in default as text; empty: unset
  std::string_view placeholder;  // "SIZE"
  std::string_view help;
  UsedBy used_by = UsedBy::test;
  bool in_file = true;  // may stand in runharness.toml

  [[nodiscard]] std::string_view first_flag() const { return flag.substr(0, flag.find(',')); }
};

[[nodiscard]] const std::vector<OptionRow>& option_rows();
[[nodiscard]] const OptionRow* option_row(std::string_view key);

// What a limit is set to for there to be none.
constexpr std::string_view kUnlimited = "unlimited";

// Where a value came from, weakest first.
enum class Layer { built_in, preset, repository, environment, command_line };

struct SettingValue {
  std::vector<std::string> values;  // one, or several for lists
  Layer layer = Layer::built_in;
  std::string origin;  // "preset ci", "runharness.toml:4:10", "RUNHARNESS_JOBS", "--jobs"
};

class Settings {
 public:
  // Checks the text against the row's type; an error names the origin.
  Result<void> set(std::string_view key, std::vector<std::string> values, Layer layer, std::string origin);
  [[nodiscard]] const SettingValue* find(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key) const;  // empty when unset
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] const std::map<std::string, SettingValue, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, SettingValue, std::less<>> values_;
};

// The text is what the row's type wants; the message says what would be right.
[[nodiscard]] Result<void> check_value(const OptionRow& row, std::string_view text);
// "80", "80%", "79.95" as hundredths of a percent, exactly: 8000, 7995. At most two decimals.
[[nodiscard]] Result<unsigned> parse_percent(std::string_view text);

// Of how many tests something is kept.
struct TestChoice {
  bool any = false;
  std::optional<std::uint64_t> slowest;  // the slowest of each suite; absent: all
};
// "off", "all" or "slowest:N"; "false" and "true" are the first two.
[[nodiscard]] Result<TestChoice> parse_test_choice(std::string_view text);
// "512M", or "75%" of `whole`.
[[nodiscard]] Result<std::uint64_t> parse_size_of(std::string_view text, std::uint64_t whole);

}  // namespace rh::engine
