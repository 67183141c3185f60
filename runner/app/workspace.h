// What every command that looks at a repository needs first: environment, settings from all layers,
// the walked tree and the suites.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "reporters/reporter.h"
#include "runner/app/options.h"
#include "runner/engine/discovery.h"
#include "runner/engine/machine_host.h"
#include "runner/engine/run_options.h"
#include "runner/model/report.h"

namespace rh::app {

// The layers of settings, put together.
struct ResolvedSettings {
  engine::Settings settings;
  engine::ConfigFile config;
  engine::RunOptions options;
};
struct SettingsPlace {
  std::filesystem::path root;  // where runharness.toml is looked for, and above
  std::filesystem::path here;  // where relative paths of the command line start
  unsigned cores = 1;
  std::uint64_t memory_bytes = 0;
};
[[nodiscard]] Result<ResolvedSettings> resolve_settings(const CommandLine& line, const SettingsPlace& place,
                                                        const model::Environment& environment,
                                                        std::vector<model::Diagnostic>& diagnostics);
[[nodiscard]] Result<std::filesystem::path> working_directory();

struct Workspace {
  engine::MachineHost host;
  model::Machine machine;
  model::Repository repository;
  engine::Settings settings;
  engine::ConfigFile config;
  engine::RunOptions options;
  std::vector<model::Diagnostic> diagnostics;
  engine::AdapterSet adapters;
  std::vector<model::Suite> suites;
};

// Settings only: no walk of the tree beyond finding runharness.toml.
[[nodiscard]] Result<std::unique_ptr<Workspace>> open_settings(const CommandLine& line);
// Settings, walk and discovery.
[[nodiscard]] Result<std::unique_ptr<Workspace>> open_workspace(const CommandLine& line);

[[nodiscard]] reporters::TerminalOptions terminal_options(const CommandLine& line,
                                                          const model::Environment& environment, int fd);
void print(std::string_view text);        // standard output
void print_error(std::string_view text);  // standard error
void print_diagnostics(const std::vector<model::Diagnostic>& diagnostics);

// A report goes to standard output (PATH is "-"), so nothing else may. Annotations of GitHub are lines among
// others and do not count.
[[nodiscard]] bool prints_report(const std::vector<engine::ReportTarget>& targets);
// The report.json that a run is compared with, read before anything runs: a wrong path should not cost a run. Null
// for an empty path.
[[nodiscard]] Result<std::shared_ptr<const model::RunReport>> read_base_report(const std::filesystem::path& file);
// Renders and writes one report; an error names the report and the file.
[[nodiscard]] Result<void> write_report(const model::RunReport& report, const engine::ReportTarget& target);
[[nodiscard]] Result<void> check_report_names(const std::vector<engine::ReportTarget>& targets);

}  // namespace rh::app
