// The typed form of all settings: what the engine works with. Engine code never sees argv, getenv or
// the command-line library.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/config_file.h"
#include "runner/engine/gate/rule.h"
#include "runner/engine/history/limits.h"
#include "runner/engine/settings.h"
#include "runner/model/command.h"
#include "runner/model/diagnostic.h"
#include "runner/model/execution.h"
#include "runner/model/isolation.h"
#include "runner/model/limits.h"

namespace rh::engine {

// What paths of coverage data start with, and the folder that stands for; relative ones from the repository's root.
using PathMap = std::vector<std::pair<std::string, std::filesystem::path>>;

struct ReportTarget {
  std::string name;
  std::filesystem::path path;  // absolute
};

// The caller's own words about single paths; all absolute.
struct PathRules {
  std::vector<std::filesystem::path> rw, ro, hidden;
};

struct RunOptions {
  std::string preset;
  unsigned jobs = 1;
  std::vector<std::string> only, ecosystems, exclude, pass_env, extra_args;
  model::Environment env;  // variables that the caller sets
  model::Limits limits;
  model::IsolationLevel isolation = model::IsolationLevel::contained;
  std::optional<model::IsolationLevel> required_isolation;
  std::vector<std::string> required;  // promises, by the names of --require
  model::WorkspaceAccess workspace = model::WorkspaceAccess::rw;
  PathRules paths;
  bool private_caches = false;
  bool coverage = true;
  bool test_map = false;  // measure who tests what
  bool affected = false;  // run only tests that a change reaches
  TestChoice profile;     // record where tests spend their time
  bool redact = true;
  std::optional<std::chrono::milliseconds> deadline;
  std::chrono::milliseconds sample_interval{50};
  std::filesystem::path out;  // empty: .runharness/runs/<id>
  GateRules gates;
  bool history = true;
  HistoryLimits history_limits;
  std::optional<bool> quarantine;                    // the caller's own word; absent: as the preset says
  std::filesystem::path base_report;                 // absolute; empty: none
  std::string base;                                  // a commit, branch or tag, or "auto"; empty: none
  PathMap path_map;                                  // of coverage data, the caller's own
  bool strict_paths = false;                         // a path that cannot be resolved is an error
  bool dirty = false;                                // uncommitted changes belong to the patch
  std::vector<std::filesystem::path> base_coverage;  // coverage files of the base, absolute
  std::filesystem::path baseline;                    // absolute
  std::vector<ReportTarget> reports;
  std::vector<SuiteEntry> suite_entries;
};

// What the machine and the caller contribute to resolving settings.
struct ResolveContext {
  bool in_ci = false;
  unsigned cores = 1;
  std::uint64_t memory_bytes = 0;
  std::filesystem::path working_directory;
};

// Adds the preset's layer, keeps a repository file from loosening isolation and, under the presets for
// code that is not trusted, limits (a warning says so), and turns the texts into types. `settings`
// afterwards holds what `config --explain` shows.
[[nodiscard]] Result<RunOptions> resolve_options(Settings& settings, const ConfigFile& config,
                                                 const ResolveContext& context,
                                                 std::vector<model::Diagnostic>& diagnostics);

// Overrides of one suite, with the same grammar as [limits].
[[nodiscard]] Result<model::Limits> apply_limit_texts(model::Limits limits,
                                                      const std::map<std::string, std::string>& texts,
                                                      std::uint64_t memory_bytes);

// The embedded sandbox/presets/NAME.toml; empty for an unknown name.
[[nodiscard]] std::string_view preset_text(std::string_view name);

}  // namespace rh::engine
