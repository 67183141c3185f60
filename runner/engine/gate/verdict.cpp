#include "runner/engine/gate/verdict.h"

#include <algorithm>
#include <iterator>

namespace rh::engine {

using namespace rh::model;

namespace {

// The order of docs/exit-codes.md: the first of several causes wins.
constexpr ExitCode kOrder[] = {ExitCode::internal,    ExitCode::isolation,   ExitCode::usage,
                               ExitCode::interrupted, ExitCode::terminated,  ExitCode::deadline,
                               ExitCode::broken,      ExitCode::unusable,    ExitCode::tests_failed,
                               ExitCode::no_tests,    ExitCode::gate_failed, ExitCode::passed};

auto urgency(ExitCode code) { return std::find(std::begin(kOrder), std::end(kOrder), code) - std::begin(kOrder); }

}  // namespace

void apply_quarantine(RunReport& report, const QuarantineState& quarantine) {
  report.counts.quarantined = 0;
  for (SuiteReport& suite : report.suites) {
    suite.counts.quarantined = 0;
    for (TestRecord& record : suite.tests) {
      if (record.test.kind != TestKind::test || !is_failure(record.outcome())) continue;
      const QuarantineEntry* entry = entry_of(quarantine.entries, record.test.id.value);
      record.quarantine = entry == nullptr ? std::nullopt : std::optional(entry->quarantine);
      if (entry != nullptr && !entry->quarantine.expired) ++suite.counts.quarantined;
    }
    report.counts.quarantined += suite.counts.quarantined;
  }
}

void apply_comparison(RunReport& report, const Comparison& comparison) {
  for (const RunEvent& event : comparison.events) {
    if (const auto* patch = std::get_if<PatchCompared>(&event)) report.patch = patch->patch;
    if (const auto* raised = std::get_if<DiagnosticRaised>(&event)) report.diagnostics.push_back(raised->diagnostic);
  }
}

RunOutcome judge_gathered(const Gathered& gathered, const GateRules& rules, bool stored_run) {
  const WantedTests expected = stored_run                   ? WantedTests::of_each_suite
                               : gathered.results_files > 0 ? WantedTests::of_all_suites
                                                            : WantedTests::of_none;
  const RunOutcome outcome = judge_run(gathered.report, RunStop::none, rules, std::nullopt, expected);
  if (gathered.problem && urgency(*gathered.problem) < urgency(outcome.code))
    return {*gathered.problem, gathered.problem_reason};
  return outcome;
}

std::string_view name_of(ExitCode code) {
  switch (code) {
    case ExitCode::passed:
      return "passed";
    case ExitCode::tests_failed:
      return "tests_failed";
    case ExitCode::usage:
      return "usage";
    case ExitCode::gate_failed:
      return "gate_failed";
    case ExitCode::no_tests:
      return "no_tests";
    case ExitCode::broken:
      return "broken";
    case ExitCode::unusable:
      return "unusable";
    case ExitCode::isolation:
      return "isolation";
    case ExitCode::internal:
      return "internal";
    case ExitCode::deadline:
      return "deadline";
    case ExitCode::interrupted:
      return "interrupted";
    case ExitCode::terminated:
      return "terminated";
  }
  return "internal";
}

}  // namespace rh::engine
