#include "runner/engine/fold.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

using namespace rh::model;

TestFinished finished(const std::string& name, Outcome outcome, unsigned number = 1, TestKind kind = TestKind::test) {
  TestFinished event;
  event.suite.value = "s";
  event.test.id.value = "s::f::" + name;
  event.test.name = name;
  event.test.kind = kind;
  event.attempt.number = number;
  event.attempt.outcome = outcome;
  if (is_failure(outcome)) event.rerun_command = "rerun " + name;
  return event;
}

TEST(Fold, CountsByOutcome) {
  ReportFold fold;
  Suite suite;
  suite.id.value = "s";
  fold.apply(SuitePlanned{suite});
  int i = 0;
  for (const Outcome outcome :
       {Outcome::passed, Outcome::failed, Outcome::errored, Outcome::skipped, Outcome::expected_failure,
        Outcome::unexpected_pass, Outcome::crashed, Outcome::timed_out})
    fold.apply(finished(std::to_string(i++), outcome));
  fold.apply(finished("sub", Outcome::failed, 1, TestKind::subtest));
  const TestCounts counts = fold.report().counts;
  EXPECT_EQ(counts.total, 8U);
  EXPECT_EQ(counts.failed, 3U) << "failed, crashed and timed out";
  EXPECT_EQ(counts.errored, 1U);
  EXPECT_EQ(counts.subtests, 1U);
  EXPECT_EQ(counts.subtests_failed, 1U);
}

TEST(Fold, ARetryThatPassesIsFlaky) {
  ReportFold fold;
  fold.apply(SuitePlanned{Suite{SuiteId{"s"}, {}, {}, {}, {}, {}, {}, {}, {}, {}}});
  fold.apply(finished("a", Outcome::failed));
  EXPECT_EQ(fold.report().rerun_commands.size(), 1U);
  fold.apply(finished("a", Outcome::passed, 2));
  const RunReport report = fold.report();
  EXPECT_EQ(report.counts.total, 1U);
  EXPECT_EQ(report.counts.passed, 1U);
  EXPECT_EQ(report.counts.flaky, 1U);
  EXPECT_TRUE(report.rerun_commands.empty());
}

TEST(Fold, ATestThatNeverEndedIsNamed) {
  ReportFold fold;
  fold.apply(SuitePlanned{Suite{SuiteId{"s"}, {}, {}, {}, {}, {}, {}, {}, {}, {}}});
  TestCase test;
  test.id.value = "s::f::a";
  fold.apply(TestStarted{SuiteId{"s"}, test, {}});
  const RunReport report = fold.report();
  ASSERT_EQ(report.suites.at(0).tests.size(), 1U);
  EXPECT_EQ(report.suites[0].tests[0].outcome(), Outcome::not_run);
  EXPECT_EQ(report.counts.failed, 1U);
}

TEST(Fold, ProfilesOfStepsAddUpAndThoseOfTestsFindTheirs) {
  ReportFold fold;
  fold.apply(finished("a", Outcome::passed));
  fold.apply(finished("b", Outcome::passed));
  StepProfile step;
  step.phases = {{"tests", 30, 40}, {"import", 5, 6}};
  fold.apply(StepProfiled{SuiteId{"s"}, step});
  fold.apply(StepProfiled{SuiteId{"s"}, step});
  TestProfile profile;
  profile.functions.push_back({"burn", "a.py", 3, 30, 30, 40, 40, 30, 0.9, 1});
  fold.apply(TestProfiled{SuiteId{"s"}, TestId{"s::f::b"}, profile});
  fold.apply(TestProfiled{SuiteId{"s"}, TestId{"s::f::unknown"}, profile});
  const SuiteReport suite = fold.report().suites.at(0);
  EXPECT_EQ(suite.profile.steps.size(), 2U);
  EXPECT_EQ(suite.profile.phases, (std::vector<PhaseTime>{{"tests", 60, 80}, {"import", 10, 12}}));
  EXPECT_FALSE(suite.tests.at(0).profile);
  EXPECT_EQ(suite.tests.at(1).profile, profile);
}

TEST(Fold, TheWeakestIsolationStands) {
  IsolationReport into{
      IsolationLevel::contained, IsolationLevel::contained, {{"network", "none", MechanismState::enforced, "", ""}}};
  weaken(into,
         {IsolationLevel::contained,
          IsolationLevel::none,
          {{"network", "none", MechanismState::refused, "", "no"}, {"pids", "yes", MechanismState::enforced, "", ""}}});
  EXPECT_EQ(into.reached, IsolationLevel::none);
  ASSERT_EQ(into.rows.size(), 2U);
  EXPECT_EQ(into.rows[0].state, MechanismState::refused);
}

}  // namespace
}  // namespace rh::engine
