// `runharness discover` and `runharness config`: what would run, and under which settings.
#include <unistd.h>

#include <fmt/core.h>

#include "runner/app/commands.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/text.h"
#include "runner/engine/gate/judging.h"
#include "runner/model/names.h"

namespace rh::app {
namespace {

Result<void> print_agent_config(const CommandLine& line, const model::Environment& environment) {
  RH_TRY(const std::filesystem::path here, working_directory());
  RH_TRY(const agent::AgentConfig config,
         agent::load_agent_config({line.paths.empty() ? here : here / line.paths.front(), line.config_file,
                                   line.no_config, environment, line.trust_project_config}));
  for (const agent::ConfigOrigin& row : config.origins) {
    const std::string text = row.text.empty() ? "(unset)" : row.text;
    print(line.explain ? fmt::format("{:<36} {:<20} {}\n", row.key, text, row.origin)
                       : fmt::format("{:<36} {}\n", row.key, text));
  }
  for (const std::string& ignored : config.ignored) print_error(fmt::format("configuration: {}\n", ignored));
  return {};
}

}  // namespace

Result<int> run_discover(const CommandLine& line) {
  RH_TRY(auto workspace, open_workspace(line));
  engine::probe_tools(workspace->suites, workspace->adapters, workspace->repository, workspace->host);
  const auto options = terminal_options(line, workspace->host.environment(), STDOUT_FILENO);
  print(line.json ? reporters::suites_to_json(workspace->suites) + "\n"
                  : reporters::suites_to_text(workspace->suites, false, options));
  print_diagnostics(workspace->diagnostics);
  return static_cast<int>(workspace->suites.empty() ? ExitCode::no_tests : ExitCode::passed);
}

Result<int> run_config(const CommandLine& line) {
  RH_TRY(auto workspace, open_settings(line));
  for (const engine::OptionRow& row : engine::option_rows()) {
    const engine::SettingValue* value = workspace->settings.find(row.key);
    std::string text = "(unset)", origin = "no limit or default given";
    if (row.key == "preset") text = workspace->options.preset, origin = "default";
    if (value != nullptr) {
      text = row.key == "preset" ? workspace->options.preset : join(value->values, ", ");
      origin = value->origin;
    }
    print(line.explain ? fmt::format("{:<22} {:<20} {}\n", row.key, text, origin)
                       : fmt::format("{:<22} {}\n", row.key, text));
  }
  for (const engine::GateRule& rule : workspace->options.gates.rules) {
    const std::string text = fmt::format("{} [{}] {}: {}", rule.kind, engine::scope_text(rule),
                                         model::name_of(rule.level), engine::fields_text(rule));
    print(line.explain ? fmt::format("{:<22} {:<20} {}\n", "rule", text, rule.origin)
                       : fmt::format("{:<22} {}\n", "rule", text));
  }
  RH_CHECK(print_agent_config(line, workspace->host.environment()));
  print_diagnostics(workspace->diagnostics);
  return static_cast<int>(ExitCode::passed);
}

}  // namespace rh::app
