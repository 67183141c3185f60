// `runharness gate`: judges results from anywhere, or the latest stored run.
#include <unistd.h>

#include <fmt/core.h>

#include "reporters/gate.h"
#include "runner/app/commands.h"
#include "runner/app/judged_inputs.h"
#include "runner/app/registry.h"
#include "runner/base/clock.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/engine/gate/compare.h"
#include "runner/engine/gate/gate.h"
#include "runner/engine/gate/past_rules.h"
#include "runner/engine/gate/verdict.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

Result<std::shared_ptr<const model::RunReport>> read_base_report(const fs::path& file) {
  constexpr std::uint64_t kMaxBaseReport = 512ULL << 20;
  if (file.empty()) return std::shared_ptr<const model::RunReport>();
  RH_TRY(const std::string text, read_file(file, kMaxBaseReport));
  auto report = reporters::parse_json_report(text);
  if (!report) return fail(ErrorKind::parse, report.error().what, file.string());
  return std::make_shared<const model::RunReport>(std::move(*report));
}

Result<engine::QuarantineState> read_quarantine(const JudgedInputs& inputs) {
  engine::QuarantineState state;
  state.today = engine::date_of(wall_now());
  const auto file = engine::find_quarantine(inputs.root);
  if (!file || !inputs.settings.options.quarantine.value_or(true)) return state;
  state.file = *file;
  RH_TRY(state.entries, engine::read_quarantine(*file, state.today));
  return state;
}

Result<engine::GateRules> judge(JudgedInputs& inputs) {
  const engine::RunOptions& options = inputs.settings.options;
  model::RunReport& report = inputs.gathered.report;
  RH_TRY(const auto base_report, read_base_report(options.base_report));
  engine::CompareRequest request{report, options, registry(), inputs.host, inputs.root};
  if (inputs.repository) request.repository = &*inputs.repository;
  request.base_report = base_report.get();
  request.state = inputs.root / ".runharness";
  RH_TRY(const engine::Comparison comparison, engine::compare(request));
  engine::apply_comparison(report, comparison);
  RH_TRY(const engine::QuarantineState quarantine, read_quarantine(inputs));
  engine::apply_quarantine(report, quarantine);
  engine::GateRules rules = options.gates;
  engine::add_implied_rules(rules, quarantine);
  engine::GateInput input{report, rules.components};
  comparison.fill(input, inputs.root);
  input.quarantine = &quarantine;
  input.history_reason = "the history is asked at the end of `runharness test`";
  report.gates = engine::judge_gates(input, rules);
  return rules;
}

std::optional<std::string> seconds_of(const engine::Gathered& gathered) {
  if (!gathered.time) return std::nullopt;
  return gathered.time->text();
}

}  // namespace

Result<int> run_gate(const CommandLine& line) {
  RH_TRY(JudgedInputs inputs, read_inputs(line, line.paths, WithoutFiles::latest_run));
  RH_TRY(const engine::GateRules rules, judge(inputs));
  const engine::RunOptions& options = inputs.settings.options;
  model::RunReport& report = inputs.gathered.report;
  const engine::RunOutcome outcome = engine::judge_gathered(inputs.gathered, rules, inputs.stored);
  report.exit_code = static_cast<int>(outcome.code);
  report.exit_reason = outcome.reason;
  if (!write_asked_reports(report, options.reports)) report.exit_code = static_cast<int>(ExitCode::internal);
  const reporters::GateDocument document{report, std::string(engine::name_of(outcome.code)),
                                         seconds_of(inputs.gathered), line.names ? &inputs.gathered.names : nullptr};
  if (line.json)
    print(reporters::gate_to_json(document));
  else if (!prints_report(options.reports))
    print(reporters::gate_to_text(document, terminal_options(line, inputs.host.environment(), STDOUT_FILENO)));
  return report.exit_code;
}

}  // namespace rh::app
