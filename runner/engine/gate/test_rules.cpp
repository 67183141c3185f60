// Rules about tests: how many failed, ran, were skipped, passed only on a retry, and which must be there.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/fold.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/judging.h"
#include "runner/model/names.h"

namespace rh::engine {

using namespace rh::model;

namespace {

TestCounts counts_in_scope(const GateRule& rule, const RunReport& report) {
  if (rule.scope.suites.empty()) return report.counts;
  TestCounts counts;
  for (const SuiteReport& suite : report.suites)
    if (in_suite_scope(rule, suite.suite.id)) counts = counts + suite.counts;
  return counts;
}

// Tests of the scope that `wanted` names, as culprits.
template <class Wanted>
std::vector<GateEvidence> tests_that(const GateRule& rule, const RunReport& report, Wanted wanted) {
  std::vector<GateEvidence> culprits;
  for (const SuiteReport& suite : report.suites) {
    if (!in_suite_scope(rule, suite.suite.id)) continue;
    for (const TestRecord& record : suite.tests) {
      if (record.test.kind != TestKind::test || !wanted(record)) continue;
      const std::string& message = record.attempts.back().message;
      culprits.push_back(
          {record.test.id.value, {}, message.empty() ? std::string(name_of(record.outcome())) : message});
    }
  }
  return culprits;
}

// At most so many tests, as a count or as a share of all.
struct Ceiling {
  std::uint64_t seen = 0, total = 0;
  std::string_view what;  // "failed", "skipped"
};

GateVerdict judge_ceiling(const GateRule& rule, const Ceiling& ceiling) {
  const std::string evidence = fmt::format("{} of {}", ceiling.seen, counted(ceiling.total, "test"));
  if (const auto* most = rule.find<std::uint64_t>("max")) {
    const bool good = ceiling.seen <= *most;
    return verdict_of(rule, good ? GateState::passed : GateState::failed, fmt::format("{}", *most),
                      fmt::format("{}", ceiling.seen), evidence,
                      good ? fmt::format("{} {}, {} allowed", ceiling.seen, ceiling.what, *most)
                           : fmt::format("{} {}, only {} allowed", ceiling.seen, ceiling.what, *most));
  }
  const Decimal most = *rule.find<Decimal>("max");
  if (ceiling.total == 0) return no_data_of(rule, percent_of(most), "there are no tests");
  const bool good = compare_share(ceiling.seen, ceiling.total, most) <= 0;
  const std::string actual = share_text_up({ceiling.total, ceiling.seen}, most);
  return verdict_of(
      rule, good ? GateState::passed : GateState::failed, percent_of(most), actual, evidence,
      fmt::format("{} {} ({}), {}{} allowed", actual, ceiling.what, evidence, good ? "" : "only ", percent_of(most)));
}

}  // namespace

// Subtests belong to a test that failed with them; they count alone only where their runner let the test
// pass. Quarantined failures do not count.
Verdicts judge_max_failures(const GateRule& rule, const GateInput& input) {
  const TestCounts counts = counts_in_scope(rule, input.report);
  const std::uint64_t tests = counts.failed + counts.errored;
  const std::uint64_t failures = tests > 0 ? tests - std::min(tests, counts.quarantined) : counts.subtests_failed;
  GateVerdict verdict = judge_ceiling(rule, {failures, counts.total, "failed"});
  if (verdict.state == GateState::failed)
    set_culprits(verdict, tests_that(rule, input.report, [](const TestRecord& record) {
                   return is_failure(record.outcome()) && !(record.quarantine && !record.quarantine->expired);
                 }));
  return {verdict};
}

// Skipped tests gave no verdict of their own: they do not count as tests that ran.
Verdicts judge_min_tests(const GateRule& rule, const GateInput& input) {
  const TestCounts counts = counts_in_scope(rule, input.report);
  const std::uint64_t least = *rule.find<std::uint64_t>("min"), ran = counts.total - counts.skipped;
  return {verdict_of(rule, ran >= least ? GateState::passed : GateState::failed, fmt::format("{}", least),
                     fmt::format("{}", ran),
                     fmt::format("{}, {} of them skipped", counted(counts.total, "test"), counts.skipped),
                     fmt::format("{} ran, {} wanted", counted(ran, "test"), least))};
}

Verdicts judge_max_skipped(const GateRule& rule, const GateInput& input) {
  const TestCounts counts = counts_in_scope(rule, input.report);
  GateVerdict verdict = judge_ceiling(rule, {counts.skipped, counts.total, "skipped"});
  if (verdict.state == GateState::failed)
    set_culprits(verdict, tests_that(rule, input.report,
                                     [](const TestRecord& record) { return record.outcome() == Outcome::skipped; }));
  return {verdict};
}

Verdicts judge_max_flaky(const GateRule& rule, const GateInput& input) {
  const TestCounts counts = counts_in_scope(rule, input.report);
  GateVerdict verdict = judge_ceiling(rule, {counts.flaky, counts.total, "passed only on a retry"});
  if (verdict.state == GateState::failed)
    set_culprits(verdict, tests_that(rule, input.report, [](const TestRecord& record) { return record.flaky(); }));
  return {verdict};
}

Verdicts judge_max_quarantined(const GateRule& rule, const GateInput& input) {
  const TestCounts counts = counts_in_scope(rule, input.report);
  GateVerdict verdict = judge_ceiling(rule, {counts.quarantined, counts.total, "failed in quarantine"});
  if (verdict.state == GateState::failed)
    set_culprits(verdict, tests_that(rule, input.report, [](const TestRecord& record) {
                   return record.quarantine && !record.quarantine->expired && is_failure(record.outcome());
                 }));
  return {verdict};
}

Verdicts judge_max_expected_failures(const GateRule& rule, const GateInput& input) {
  const TestCounts counts = counts_in_scope(rule, input.report);
  GateVerdict verdict = judge_ceiling(rule, {counts.expected_failures, counts.total, "failed as expected"});
  if (verdict.state == GateState::failed)
    set_culprits(verdict, tests_that(rule, input.report, [](const TestRecord& record) {
                   return record.outcome() == Outcome::expected_failure;
                 }));
  return {verdict};
}

// A test that nobody ran cannot fail: those that must have run and passed are named by the rule.
Verdicts judge_required_tests(const GateRule& rule, const GateInput& input) {
  const auto& globs = *rule.find<std::vector<std::string>>("tests");
  std::vector<GateEvidence> culprits;
  std::uint64_t good = 0;
  for (const std::string& glob : globs) {
    std::uint64_t matched = 0, passed = 0;
    for (const SuiteReport& suite : input.report.suites) {
      if (!in_suite_scope(rule, suite.suite.id)) continue;
      for (const TestRecord& record : suite.tests) {
        if (!glob_match(glob, record.test.id.value) && !glob_match(glob, record.test.name)) continue;
        ++matched;
        const Outcome outcome = record.outcome();
        if (outcome == Outcome::passed)
          ++passed;
        else
          culprits.push_back({record.test.id.value, {}, std::string(name_of(outcome))});
      }
    }
    if (matched == 0) culprits.push_back({glob, {}, "no test of that name ran"});
    if (matched > 0 && matched == passed) ++good;
  }
  const bool all = culprits.empty();
  GateVerdict verdict =
      verdict_of(rule, all ? GateState::passed : GateState::failed, fmt::format("{} of {}", globs.size(), globs.size()),
                 fmt::format("{} of {}", good, globs.size()), fmt::format("{} of {} patterns", good, globs.size()),
                 all ? "every required test passed"
                     : fmt::format("required tests did not pass: {}: {}", culprits[0].subject, culprits[0].note));
  set_culprits(verdict, std::move(culprits));
  return {verdict};
}

}  // namespace rh::engine
