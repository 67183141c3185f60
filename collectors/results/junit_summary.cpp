// The summary of a JUnit report.
#include <fmt/core.h>

#include "collectors/results/case_list.h"
#include "collectors/results/case_tally.h"
#include "collectors/results/junit_pull.h"
#include "collectors/results/summary.h"

namespace rh::collectors {

namespace {

ReportedCase reported(const JunitPull& pull, const JunitCaseView& test, model::Outcome outcome) {
  ReportedCase found;
  found.suite = test.suite_path;
  found.outcome = outcome;
  found.flaky = test.verdict.flaky;
  if (test.of_suite) {
    found.name = test.name.empty() ? "test suite" : test.name;
  } else {
    found.name = pull.text(test.name);
    found.classname = pull.text(test.classname);
    found.file = pull.path(test.file);
    found.line = pull.line(test.line);
  }
  if (model::is_failure(outcome)) found.message = test.message;
  return found;
}

ResultsState state_of(const JunitPull& pull, const ResultTotals& totals) {
  if (totals.total > 0) return ResultsState::cases;
  if (pull.empty()) return ResultsState::empty;
  return pull.foreign() ? ResultsState::unknown : ResultsState::no_cases;
}

}  // namespace

Result<ResultsSummary> summarise_junit(ByteSource& source, const std::string& subject, const ResultsQuery& query) {
  JunitPull pull(source, subject, query.suite_root);
  CaseTally tally;
  CaseList list(query);
  ExactSeconds time;
  bool timed = false;
  while (const JunitCaseView* const found = pull.next()) {
    const JunitCaseView& test = *found;
    const model::Outcome outcome = test.verdict.outcome;
    const std::uint64_t identity = test.of_suite ? 0 : test.identity;
    if (test.siblings_are_new) {
      tally.forget();
      list.drop_retried(tally);
    }
    if (test.of_suite)
      tally.add_alone(outcome, false);
    else
      tally.add(identity, outcome, test.verdict.flaky);
    tally.totals().further_attempts += test.verdict.attempts - 1;
    if (test.time) time += *test.time, timed = true;
    if (list.wants(outcome)) list.add(identity, reported(pull, test, outcome));
  }
  RH_CHECK(pull.status());
  tally.finish();
  list.drop_retried(tally);
  ResultsSummary summary;
  summary.format = "junit";
  summary.totals = tally.totals();
  summary.totals.time = timed ? std::optional(time) : pull.suite_time();
  summary.timestamp = pull.first_timestamp();
  summary.state = state_of(pull, summary.totals);
  summary.diagnostics = pull.diagnostics();
  list.take(tally, summary);
  if (tally.retried() > 0)
    summary.diagnostics.push_back(
        {model::Severity::info,
         "junit-retries",
         fmt::format("{} tests failed at first and passed when the report repeats them: each counts once, as flaky",
                     tally.retried()),
         subject,
         {}});
  return summary;
}

}  // namespace rh::collectors
