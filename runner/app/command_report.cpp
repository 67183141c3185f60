// `runharness report`: renders a stored run again from its event log.
#include <unistd.h>

#include <filesystem>

#include <fmt/core.h>

#include "runner/app/commands.h"
#include "runner/app/registry.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/engine/caller_secrets.h"
#include "runner/engine/run_directory.h"
#include "runner/engine/source_texts.h"

namespace rh::app {

Result<int> run_report(const CommandLine& line) {
  namespace fs = std::filesystem;
  const fs::path here = line.paths.empty() ? fs::current_path() : fs::absolute(line.paths.front());
  RH_TRY(const fs::path directory, engine::find_run(here, line.run));
  RH_TRY(model::RunReport report, engine::load_run(directory));
  if (!report.complete) {
    report.exit_code = static_cast<int>(ExitCode::unusable);
    report.exit_reason = "the run did not finish: this is what its event log holds";
  }
  std::vector<engine::ReportTarget> targets;
  const auto given = line.settings.find("reports");
  if (given != line.settings.end()) {
    for (const std::string& text : given->second) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos)
        return fail(ErrorKind::usage, "read '" + text + "': write NAME=PATH", "--report");
      targets.push_back({text.substr(0, equals), fs::absolute(text.substr(equals + 1))});
    }
  }
  RH_CHECK(check_report_names(targets));
  const auto secrets = engine::caller_secrets(engine::current_environment(), engine::RunOptions{});
  if (!targets.empty()) report.sources = engine::read_source_texts(report, secrets.get());
  for (const engine::ReportTarget& target : targets) RH_CHECK(write_report(report, target));
  if (line.json) {
    RH_TRY(const std::string json, reporters::render_json(report));
    print(json + "\n");
  } else if (line.agent) {
    RH_TRY(const std::string text, reporters::render_agent(report));
    print(text);
  } else if (targets.empty()) {
    const auto options = terminal_options(line, engine::current_environment(), STDOUT_FILENO);
    reporters::make_terminal(options, print)->on_report(report);
  }
  return report.exit_code;
}

}  // namespace rh::app
