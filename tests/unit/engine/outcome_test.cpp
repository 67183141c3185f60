// Every exit code of docs/exit-codes.md, and the order among several causes.
#include "runner/engine/outcome.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

using namespace rh::model;

// `failed` failing tests in the run; the first suite has them.
RunReport with_suites(std::initializer_list<SuiteStatus> statuses, std::uint64_t failed = 0) {
  RunReport report;
  for (const SuiteStatus status : statuses) {
    SuiteReport suite;
    suite.suite.id.value = "s" + std::to_string(report.suites.size());
    suite.status = status;
    suite.counts.failed = report.suites.empty() ? failed : 0;
    report.suites.push_back(suite);
  }
  report.counts.total = 10;
  report.counts.failed = failed;
  return report;
}

ExitCode code_of(const RunReport& report, RunStop stop = RunStop::none, std::optional<std::uint64_t> tolerated = {},
                 std::optional<std::string> internal = {}) {
  GateRules rules;
  if (tolerated) rules.rules.push_back(*make_rule("tests.max_failures", "", {{"max", std::to_string(*tolerated)}}));
  return judge_run(report, stop, rules, internal).code;
}

TEST(Outcome, EachCauseHasItsCode) {
  using enum SuiteStatus;
  EXPECT_EQ(code_of(with_suites({passed})), ExitCode::passed);
  EXPECT_EQ(code_of(with_suites({failed}, 1)), ExitCode::tests_failed);
  EXPECT_EQ(code_of(with_suites({})), ExitCode::no_tests);
  EXPECT_EQ(code_of(with_suites({passed, no_tests})), ExitCode::no_tests);
  EXPECT_EQ(code_of(with_suites({broken})), ExitCode::broken);
  EXPECT_EQ(code_of(with_suites({unavailable})), ExitCode::broken);
  EXPECT_EQ(code_of(with_suites({crashed})), ExitCode::unusable);
  EXPECT_EQ(code_of(with_suites({limit})), ExitCode::unusable);
  EXPECT_EQ(code_of(with_suites({passed}), RunStop::deadline), ExitCode::deadline);
  EXPECT_EQ(code_of(with_suites({passed}), RunStop::interrupted), ExitCode::interrupted);
  EXPECT_EQ(code_of(with_suites({passed}), RunStop::terminated), ExitCode::terminated);
  EXPECT_EQ(code_of(with_suites({passed}), RunStop::none, {}, "disk full"), ExitCode::internal);
}

TEST(Outcome, AnUnreadableManifestIsNeverGreen) {
  RunReport report = with_suites({SuiteStatus::passed});
  report.diagnostics.push_back({Severity::error, "bad-manifest", "package.json: cut", "package.json", {}});
  EXPECT_EQ(code_of(report), ExitCode::broken);
  EXPECT_NE(judge_run(report, RunStop::none, {}, {}).reason.find("package.json"), std::string::npos);
}

TEST(Outcome, GatesCountOnceTestsPass) {
  RunReport report = with_suites({SuiteStatus::passed});
  report.gates.push_back(
      {"coverage.total", "run", GateLevel::block, GateState::failed, "80 %", "79 %", "", "low", true});
  EXPECT_EQ(code_of(report), ExitCode::gate_failed);
  report.gates[0].state = GateState::no_data;
  EXPECT_EQ(code_of(report), ExitCode::gate_failed);
  report.gates[0].blocks = false;
  EXPECT_EQ(code_of(report), ExitCode::passed);
}

TEST(Outcome, TheFirstOfTheOrderWins) {
  using enum SuiteStatus;
  RunReport all = with_suites({failed, no_tests, crashed, broken}, 1);
  all.gates.push_back({"x", "run", GateLevel::block, GateState::failed, "", "", "", "", true});
  EXPECT_EQ(code_of(all, RunStop::interrupted, {}, "x"), ExitCode::internal);
  EXPECT_EQ(code_of(all, RunStop::deadline), ExitCode::deadline);
  EXPECT_EQ(code_of(all), ExitCode::broken);
  EXPECT_EQ(code_of(with_suites({failed, no_tests, crashed}, 1)), ExitCode::unusable);
  EXPECT_EQ(code_of(with_suites({failed, no_tests}, 1)), ExitCode::tests_failed);
  all = with_suites({passed, no_tests});
  all.gates.push_back({"x", "run", GateLevel::block, GateState::failed, "", "", "", "", true});
  EXPECT_EQ(code_of(all), ExitCode::no_tests);
}

TEST(Outcome, ToleratedFailuresPass) {
  EXPECT_EQ(code_of(with_suites({SuiteStatus::failed}, 2), RunStop::none, 2), ExitCode::passed);
  EXPECT_EQ(code_of(with_suites({SuiteStatus::failed}, 3), RunStop::none, 2), ExitCode::tests_failed);
}

TEST(Outcome, AFailureWithoutAFailingTestIsNotTolerated) {
  EXPECT_EQ(code_of(with_suites({SuiteStatus::failed}), RunStop::none, 5), ExitCode::tests_failed);
}

TEST(Outcome, NamesTheSuites) {
  RunReport report = with_suites({SuiteStatus::broken});
  report.suites[0].status_reason = "npm ci failed";
  EXPECT_EQ(judge_run(report, RunStop::none, {}, {}).reason, "tests could not run: s0: npm ci failed");
}

}  // namespace
}  // namespace rh::engine
