// Judges code without running it: real syntax trees (tree-sitter), names followed through imports, assignments,
// attributes and constant strings. It finds what honest code does openly and what careless code hides; code that wants
// to hide can, so that the boundary is the sandbox and never this.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/config.h"
#include "runner/agent/language.h"

namespace rh::agent {

constexpr std::size_t kMaxValidatedBytes = 4ULL << 20;  // of one program
constexpr std::size_t kMaxFindings = 500;               // of one program; more are counted

// block: the code is not to be run. warn: told, no more.
enum class Severity { off, warn, block };

enum class RuleClass {
  file_write,
  file_delete,
  network,
  system_command,
  dynamic_code,
  module_trick,
  process,
  native_code,
  introspection,
  epics_writes,    // of the control system EPICS
  control_system,  // of others: Tango, DOOCS, OPC UA, Modbus
  database_write,
  import_policy,  // an import that the allow-list does not name
  call_policy,    // a call that the deny-list names
  resource_use,   // fork bombs
  unanalysable,   // nested too deeply to be judged
};

// What the code writes to, as far as it shows; the highest of the findings, blocked or not.
enum class WriteAccess { none, file, database, control_system };

struct Finding {
  std::string rule;  // "python.system_command.os.system": stable
  RuleClass rule_class = RuleClass::dynamic_code;
  Severity severity = Severity::block;
  unsigned line = 0, column = 0;  // from 1; columns count units of UTF-16, as editors do
  std::string message;
  std::string file = {};  // of the request's, where it lies; empty: the code itself
};

// A way to make the code faster; never a reason against running it.
struct Hint {
  std::string rule;
  unsigned line = 0, column = 0;
  std::string message;
};

struct SyntaxError {
  unsigned line = 0, column = 0;
  std::string message;
};

struct Rules {
  SecurityMode mode = SecurityMode::safe;  // permissive: what would block is told as a warning
  // Names of rules ("python.file_write.open"), of families of them ("python.file_write", "file_write", "imports",
  // "calls") or "*" -> severity. The longest name that fits wins.
  std::map<std::string, Severity> security, policy;
  std::vector<std::string> allowed_modules;       // given: any other import blocks
  std::vector<std::string> forbidden_functions;   // calls that block beside the built-in ones
  std::vector<std::string> control_system_calls;  // beside those of EPICS, Tango, DOOCS and the like
  std::vector<std::string> local_modules;  // of the request, which an allow-list need not name: "helper", "./helper"
  bool hints = true;
};

struct Assessment {
  bool built_in = true;  // false: this build has no grammars, nothing was looked at, `ok` is false
  bool ok = false;       // parsed, and nothing blocks
  Language language = Language::python;
  SecurityMode mode = SecurityMode::safe;
  std::optional<SyntaxError> syntax_error;
  std::vector<Finding> findings;  // in the order of the code
  std::size_t findings_left_out = 0;
  std::vector<Hint> hints;
  std::vector<std::string> imports;  // top-level modules that are imported
  WriteAccess write_access = WriteAccess::none;
  std::string summary;  // a few lines for the person who is asked for approval

  [[nodiscard]] std::size_t blocking() const;
};

// The default allow-list of imports, and the default deny-list of calls.
[[nodiscard]] const std::vector<std::string>& default_allowed_modules();
[[nodiscard]] const std::vector<std::string>& default_forbidden_functions();

[[nodiscard]] Rules rules_of(const AgentConfig& config, SecurityMode mode, const EnvironmentProfile* environment);
[[nodiscard]] Assessment assess(Language language, std::string_view code, const Rules& rules);
// With files that come with the code, name to content: what they do, the code does by loading them. Those are judged
// whose suffix tells a language; a file that is too large to be judged is no reason to block.
[[nodiscard]] Assessment assess_with_files(Language language, std::string_view code,
                                           const std::map<std::string, std::string>& files, Rules rules);
[[nodiscard]] bool validation_built_in();

[[nodiscard]] std::string_view name_of(RuleClass rule_class);
[[nodiscard]] std::string_view name_of(Severity severity);
[[nodiscard]] std::string_view name_of(WriteAccess access);  // "none", "file", "database", "control_system"
[[nodiscard]] std::optional<Severity> severity_named(std::string_view name);

// {ok, built_in, language, mode, syntax_error, findings[{rule, class, severity, line, column, message}], hints,
// imports, write_access, summary, counts}
[[nodiscard]] nlohmann::json to_json(const Assessment& assessment);
// SARIF 2.1.0, as code scanning services read it. `path`: of the code, relative to the project.
[[nodiscard]] nlohmann::json to_sarif(const Assessment& assessment, std::string_view path);

}  // namespace rh::agent
