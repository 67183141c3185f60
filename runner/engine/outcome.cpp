#include "runner/engine/outcome.h"

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/coverage_collect.h"
#include "runner/engine/gate/gate.h"

namespace rh::engine {

using namespace rh::model;

namespace {

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// "services/api:pytest (hit its wall time limit), web:jest (...)", bounded for one line.
std::string suites_with(const RunReport& report, std::initializer_list<SuiteStatus> statuses) {
  std::string names;
  std::size_t count = 0;
  for (const SuiteReport& suite : report.suites) {
    bool wanted = false;
    for (const SuiteStatus status : statuses) wanted = wanted || suite.status == status;
    if (!wanted) continue;
    if (++count > 3) continue;
    if (!names.empty()) names += "; ";
    names += suite.suite.id.value;
    if (!suite.status_reason.empty()) names += ": " + suite.status_reason;
  }
  if (count > 3) names += fmt::format("; and {} more", count - 3);
  return names;
}

std::optional<RunOutcome> from_stop(RunStop stop) {
  if (stop == RunStop::interrupted) return RunOutcome{ExitCode::interrupted, "interrupted by SIGINT"};
  if (stop == RunStop::terminated) return RunOutcome{ExitCode::terminated, "terminated by SIGTERM"};
  if (stop == RunStop::deadline) return RunOutcome{ExitCode::deadline, "the deadline of the run was hit"};
  return std::nullopt;
}

// Subtests belong to a test that failed with them; they count alone only where their runner let the
// test pass.
std::uint64_t failures_of(const TestCounts& counts) {
  const std::uint64_t tests = counts.failed + counts.errored;
  return tests > 0 ? tests : counts.subtests_failed;
}

std::optional<RunOutcome> from_suites(const RunReport& report, const GateRules& rules) {
  if (auto names = suites_with(report, {SuiteStatus::broken, SuiteStatus::unavailable}); !names.empty())
    return RunOutcome{ExitCode::broken, "tests could not run: " + names};
  // A manifest that cannot be read hides an unknown number of suites.
  for (const Diagnostic& diagnostic : report.diagnostics)
    if (diagnostic.code == "bad-manifest" && diagnostic.severity == Severity::error)
      return RunOutcome{ExitCode::broken, "suites could not be found: " + diagnostic.message};
  if (auto names = suites_with(
          report, {SuiteStatus::crashed, SuiteStatus::limit, SuiteStatus::cancelled, SuiteStatus::not_started});
      !names.empty())
    return RunOutcome{ExitCode::unusable, "results are not usable: " + names};
  for (const Diagnostic& diagnostic : report.diagnostics)
    if (diagnostic.code == kUnresolvedPaths && diagnostic.severity == Severity::error)
      return RunOutcome{ExitCode::unusable, diagnostic.message};
  for (const SuiteReport& suite : report.suites)  // no failing test, so no tolerance covers it
    if (suite.status == SuiteStatus::failed && failures_of(suite.counts) == 0)
      return RunOutcome{ExitCode::tests_failed, suite.suite.id.value + ": " + suite.status_reason};
  const bool failed_suite = !suites_with(report, {SuiteStatus::failed}).empty();
  const std::uint64_t failures = failed_suite ? intolerable_failures(report, rules) : 0;
  const std::uint64_t hidden = report.counts.quarantined;
  if (failures > 0)
    return RunOutcome{ExitCode::tests_failed,
                      fmt::format("{} failed of {}{}", plural(failures, "test"), report.counts.total,
                                  hidden > 0 ? fmt::format(", {} more in quarantine", hidden) : "")};
  return std::nullopt;
}

}  // namespace

RunOutcome judge_run(const RunReport& report, RunStop stop, const GateRules& rules,
                     const std::optional<std::string>& internal_problem, WantedTests expected) {
  if (internal_problem) return {ExitCode::internal, *internal_problem};
  if (auto outcome = from_stop(stop)) return *outcome;
  if (auto outcome = from_suites(report, rules)) return *outcome;
  if (report.suites.empty() && expected != WantedTests::of_none) return {ExitCode::no_tests, "no test suite was found"};
  const bool enough = expected == WantedTests::of_all_suites && report.counts.total > 0;
  if (auto names = suites_with(report, {SuiteStatus::no_tests}); !names.empty() && !enough)
    return {ExitCode::no_tests, "no tests: " + names};
  for (const GateVerdict& gate : report.gates)
    if (gate.blocks)
      return {ExitCode::gate_failed, fmt::format("gate {} ({}): {}", gate.rule, gate.scope, gate.message)};
  const std::string gates = report.gates.empty() ? "" : fmt::format(", {} passed", plural(report.gates.size(), "gate"));
  if (report.suites.empty())
    return {ExitCode::passed, fmt::format("coverage of {}{}", plural(report.coverage.files.size(), "file"), gates)};
  std::uint64_t left_out = 0;
  for (const SuiteReport& suite : report.suites) left_out += suite.selection.left_out;
  return {ExitCode::passed,
          fmt::format("{} passed in {}{}", plural(report.counts.total, "test"), plural(report.suites.size(), "suite"),
                      left_out > 0 ? fmt::format("; no change reaches the other {}", left_out) : "")};
}

}  // namespace rh::engine
