// Reads runharness.toml: settings by the option table, and the [[suite]] entries, and by gate/rules_file.h
// the rules. Unknown keys and
// wrong types are errors with file, line, column and a suggestion.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/gate/rule.h"
#include "runner/engine/settings.h"
#include "runner/model/command.h"

namespace rh::engine {

// One [[suite]]: changes a discovered suite of that id, or adds one when it has a command.
struct SuiteEntry {
  std::string id;
  std::string origin;  // "runharness.toml:12"
  bool exclude = false;
  std::string root = ".";                        // of an added suite
  std::vector<std::string> command;              // replaces the runner's own command
  std::optional<std::vector<std::string>> args;  // replaces the arguments given to the runner
  model::Environment env;
  std::string results;                        // file that an added suite writes, relative to root
  std::string results_format;                 // empty: by content
  std::string coverage;                       // file that an added suite writes
  std::map<std::string, std::string> limits;  // "wall" -> "20m"
};

struct ReportEntry {
  std::string name;
  std::string path;
  std::string origin;
};

struct ConfigFile {
  std::filesystem::path path;
  std::vector<SuiteEntry> suites;
  std::vector<ReportEntry> reports;
  GateRules gates;  // of [[gates.rule]] and [components]
};

// Adds the file's values to `settings` as Layer::repository (or Layer::preset with `layer`).
[[nodiscard]] Result<ConfigFile> read_config(std::string_view text, const std::filesystem::path& path,
                                             Settings& settings, Layer layer = Layer::repository,
                                             const std::string& origin_name = {});
// The nearest runharness.toml at or above `root`, not above the git work tree; nullopt: none.
[[nodiscard]] std::optional<std::filesystem::path> find_config(const std::filesystem::path& root);
// Tables of runharness.toml that are for agents: runner/agent/config.h reads them.
constexpr std::string_view kAgentSections[] = {"execution", "approval", "generation", "telemetry", "tools"};
[[nodiscard]] bool is_agent_section(std::string_view name);
// The first words of all keys that may stand at the top of runharness.toml.
[[nodiscard]] std::vector<std::string> top_level_keys();

}  // namespace rh::engine
