// Rules about the run itself: the isolation that was reached, processes that were left over, diagnostics.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/judging.h"
#include "runner/model/names.h"

namespace rh::engine {

using namespace rh::model;

namespace {

std::vector<GateEvidence> weak_mechanisms(const IsolationReport& isolation) {
  std::vector<GateEvidence> rows;
  for (const IsolationRow& row : isolation.rows)
    if (row.state == MechanismState::refused || row.state == MechanismState::degraded)
      rows.push_back({row.mechanism, {}, fmt::format("{}: {}", name_of(row.state), row.reason)});
  return rows;
}

bool names_code(const GateRule& rule, const std::string& code) {
  const auto* codes = rule.find<std::vector<std::string>>("codes");
  return codes == nullptr ||
         std::any_of(codes->begin(), codes->end(), [&](const std::string& glob) { return glob_match(glob, code); });
}

}  // namespace

Verdicts judge_isolation(const GateRule& rule, const GateInput& input) {
  const std::string wanted = rule.text("min");
  const IsolationLevel least = from_name<IsolationLevel>(wanted).value_or(IsolationLevel::strict);
  Verdicts verdicts;
  for (const SuiteReport& suite : input.report.suites) {
    if (!in_suite_scope(rule, suite.suite.id) || suite.steps.empty()) continue;
    const std::string reached(name_of(suite.isolation.reached));
    const bool good = suite.isolation.reached >= least;
    GateVerdict verdict =
        verdict_of(rule, good ? GateState::passed : GateState::failed, wanted, reached,
                   fmt::format("requested {}", name_of(suite.isolation.requested)),
                   fmt::format("{} ran with isolation {}, {} is wanted", suite.suite.id.value, reached, wanted));
    verdict.scope = suite.suite.id.value;
    if (!good) set_culprits(verdict, weak_mechanisms(suite.isolation));
    verdicts.push_back(std::move(verdict));
  }
  if (verdicts.empty()) verdicts.push_back(no_data_of(rule, wanted, "no suite of this scope was run by runharness"));
  return verdicts;
}

Verdicts judge_leaks(const GateRule& rule, const GateInput& input) {
  const std::uint64_t most = *rule.find<std::uint64_t>("max");
  std::vector<GateEvidence> culprits;
  std::uint64_t suites = 0;
  for (const SuiteReport& suite : input.report.suites) {
    if (!in_suite_scope(rule, suite.suite.id) || suite.steps.empty()) continue;
    ++suites;
    for (const StepReport& step : suite.steps)
      for (const LeftoverProcess& process : step.leftovers)
        culprits.push_back({suite.suite.id.value, {}, fmt::format("{} left: {}", step.name, process.command)});
  }
  if (suites == 0) return {no_data_of(rule, fmt::format("{}", most), "no suite of this scope was run by runharness")};
  const std::uint64_t left = culprits.size();
  const bool good = left <= most;
  GateVerdict verdict = verdict_of(
      rule, good ? GateState::passed : GateState::failed, fmt::format("{}", most), fmt::format("{}", left),
      counted(suites, "suite"),
      fmt::format("{} left over when their suite had ended, {}{} allowed",
                  left == 1 ? std::string("1 process") : fmt::format("{} processes", left), good ? "" : "only ", most));
  if (!good) set_culprits(verdict, std::move(culprits));
  return {verdict};
}

Verdicts judge_diagnostics(const GateRule& rule, const GateInput& input) {
  const std::uint64_t most = *rule.find<std::uint64_t>("max");
  const std::string least = rule.text("severity");
  const Severity severity = from_name<Severity>(least).value_or(Severity::warning);
  std::vector<std::pair<Severity, GateEvidence>> rows;
  for (const Diagnostic& each : input.report.diagnostics) {
    if (each.severity < severity || !names_code(rule, each.code)) continue;
    if (!rule.scope.suites.empty() && !in_suite_scope(rule, each.suite)) continue;
    rows.emplace_back(each.severity, GateEvidence{each.subject, {}, fmt::format("{}: {}", each.code, each.message)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<GateEvidence> culprits;
  for (auto& [unused, culprit] : rows) culprits.push_back(std::move(culprit));
  const std::uint64_t seen = culprits.size();
  const bool good = seen <= most;
  std::string message = fmt::format("{} of severity {} or worse, {}{} allowed", counted(seen, "diagnostic"), least,
                                    good ? "" : "only ", most);
  if (!good) message += ": " + culprits[0].note;
  GateVerdict verdict =
      verdict_of(rule, good ? GateState::passed : GateState::failed, fmt::format("{}", most), fmt::format("{}", seen),
                 fmt::format("{} of {}", seen, counted(input.report.diagnostics.size(), "diagnostic")), message);
  if (!good) set_culprits(verdict, std::move(culprits));
  return {verdict};
}

}  // namespace rh::engine
