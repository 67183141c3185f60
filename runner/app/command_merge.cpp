// `runharness merge`: joins results, coverage and the runs of shards into one, and writes it in any format.
#include <unistd.h>

#include <fmt/core.h>

#include "reporters/gate.h"
#include "runner/app/commands.h"
#include "runner/app/judged_inputs.h"
#include "runner/base/exit_code.h"
#include "runner/engine/gate/verdict.h"

namespace rh::app {

Result<int> run_merge(const CommandLine& line) {
  RH_TRY(JudgedInputs inputs, read_inputs(line, line.paths, WithoutFiles::nothing));
  const engine::RunOptions& options = inputs.settings.options;
  model::RunReport& report = inputs.gathered.report;
  const engine::RunOutcome outcome = engine::judge_gathered(inputs.gathered, {}, false);
  report.exit_code = static_cast<int>(outcome.code);
  report.exit_reason = outcome.reason;
  if (!write_asked_reports(report, options.reports)) report.exit_code = static_cast<int>(ExitCode::internal);
  std::optional<std::string> seconds;
  if (inputs.gathered.time) seconds = inputs.gathered.time->text();
  const reporters::GateDocument document{report, std::string(engine::name_of(outcome.code)), seconds,
                                         line.names ? &inputs.gathered.names : nullptr};
  if (line.json)
    print(reporters::gate_to_json(document));
  else if (!prints_report(options.reports))
    print(reporters::gate_to_text(document, terminal_options(line, inputs.host.environment(), STDOUT_FILENO)));
  return report.exit_code;
}

}  // namespace rh::app
