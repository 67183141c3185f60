// What an error means and what to do about it, from the text that a program or compiler left: by rules, for six
// languages and for the limits of our own sandbox. No model and no network; the same text gives the same help.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/error_kind.h"
#include "runner/agent/language.h"
#include "runner/agent/tool.h"

namespace rh::agent {

struct ExecutionRecord;

struct ErrorPlace {
  std::string file;
  std::optional<std::uint32_t> line, column;
  std::string function;
};

struct ErrorHelp {
  std::optional<Language> language;
  std::string rule;     // "python-module-not-found"; empty: no rule knows the error
  std::string kind;     // "ModuleNotFoundError", "E0382", "memory_limit"; empty: not named
  std::string message;  // the line that says it
  std::optional<ErrorPlace> place;
  std::string cause;
  std::vector<std::string> fixes, recovery;
  std::vector<std::string> packages;  // to install
  ErrorCategory category = ErrorCategory::code;
  std::vector<std::string> others;  // messages of further errors in the same text, bounded
};

constexpr std::size_t kMaxErrorText = 1 << 20;  // the end of a longer one is looked at

// `code`, where it is known, is where names that were meant are looked for.
[[nodiscard]] ErrorHelp explain_error(std::optional<Language> language, std::string_view text,
                                      std::string_view code = {});
// Of a run that failed: its error kind first, then its streams.
[[nodiscard]] ErrorHelp explain_record(const ExecutionRecord& record);

[[nodiscard]] nlohmann::json to_json(const ErrorHelp& help);
[[nodiscard]] std::string to_text(const ErrorHelp& help);

[[nodiscard]] std::vector<ToolRow> help_tools();

}  // namespace rh::agent
