// `runharness gate`: judges results from anywhere, or the latest stored run.
#include "runner/app/commands.h"
#include "runner/app/judged_inputs.h"
#include "runner/app/registry.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/engine/gate/compare.h"
#include "runner/engine/gate/gate.h"
#include "runner/engine/gate/past_rules.h"
#include "runner/engine/gate/verdict.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

Result<int> run_gate(const CommandLine& line) {
  RH_TRY(JudgedInputs inputs, read_inputs(line, line.paths, WithoutFiles::latest_run));
  RH_TRY(const engine::GateRules rules, judge(inputs));
  return tell_judged(line, inputs, engine::judge_gathered(inputs.gathered, rules, inputs.stored));
}

}  // namespace rh::app
