#include "runner/engine/suite_verdict.h"

#include <gtest/gtest.h>

#include <csignal>

namespace rh::engine {
namespace {

using namespace rh::model;

JudgedStep test_step(StepMeaning meaning, int exit_code, std::uint64_t finished, std::uint64_t failed = 0) {
  JudgedStep step;
  step.report.name = "tests";
  step.report.kind = StepKind::test;
  step.report.ending = Ending::exited;
  step.report.status.exit_code = exit_code;
  step.report.meaning = meaning;
  step.tests_finished = finished;
  step.tests_failed = failed;
  TestLedger::StreamState stream;
  stream.finished = finished;
  stream.failed = failed;
  stream.runner_finished = true;
  step.streams = {stream};
  return step;
}

SuiteStatus status_of(const JudgedStep& step) { return judge_suite({step}, 0).status; }

TEST(SuiteVerdict, PlainCases) {
  EXPECT_EQ(status_of(test_step(StepMeaning::ok, 0, 3)), SuiteStatus::passed);
  EXPECT_EQ(status_of(test_step(StepMeaning::tests_failed, 1, 3, 1)), SuiteStatus::failed);
  EXPECT_EQ(status_of(test_step(StepMeaning::no_tests, 5, 0)), SuiteStatus::no_tests);
  EXPECT_EQ(status_of(test_step(StepMeaning::ok, 0, 0)), SuiteStatus::no_tests);
  EXPECT_EQ(status_of(test_step(StepMeaning::broken, 2, 0)), SuiteStatus::broken);
  EXPECT_EQ(status_of(test_step(StepMeaning::crashed, 3, 1)), SuiteStatus::crashed);
}

TEST(SuiteVerdict, AFileThatCannotBeLoadedIsBroken) {
  auto step = test_step(StepMeaning::tests_failed, 1, 3, 1);
  step.streams[0].files_in_error = {"a.test.js"};
  step.streams[0].files_with_tests = {"b.test.js"};
  EXPECT_EQ(status_of(step), SuiteStatus::broken);
  step.streams[0].files_with_tests.insert("a.test.js");
  EXPECT_EQ(status_of(step), SuiteStatus::failed) << "its tests ran, and the file failed afterwards";
}

TEST(SuiteVerdict, ExitZeroIsNoProof) {
  auto lost = test_step(StepMeaning::ok, 0, 2);
  lost.streams[0].expected = 5;
  EXPECT_EQ(status_of(lost), SuiteStatus::crashed);
  auto crashed = test_step(StepMeaning::ok, 0, 2);
  crashed.streams[0].crashed = 1;
  EXPECT_EQ(status_of(crashed), SuiteStatus::crashed);
  EXPECT_EQ(status_of(test_step(StepMeaning::ok, 0, 3, 1)), SuiteStatus::failed);
  auto native = test_step(StepMeaning::ok, 0, 3);
  native.streams[0].native = RunnerFinished{};
  native.streams[0].native->failed = 2;
  EXPECT_EQ(status_of(native), SuiteStatus::crashed);
}

TEST(SuiteVerdict, AFailureNeedsAFailingTest) {
  auto step = test_step(StepMeaning::tests_failed, 1, 3, 0);
  const auto judged = judge_suite({step}, 0);
  EXPECT_EQ(judged.status, SuiteStatus::failed)
      << "the runner ended in order: a check of its own, such as a coverage threshold";
  ASSERT_EQ(judged.diagnostics.size(), 1U);
  EXPECT_EQ(judged.diagnostics[0].code, "unexplained-failure");
  step.streams[0].runner_finished = false;
  EXPECT_EQ(status_of(step), SuiteStatus::crashed) << "the failure may be lost";
}

TEST(SuiteVerdict, StoppingAtTheFirstFailureLosesNothing) {
  auto stopped = test_step(StepMeaning::tests_failed, 1, 2, 1);
  stopped.streams[0].expected = 10;
  EXPECT_EQ(status_of(stopped), SuiteStatus::failed);
}

TEST(SuiteVerdict, LimitsAndSignals) {
  auto step = test_step(StepMeaning::crashed, 0, 1);
  step.report.status = {std::nullopt, SIGSEGV, false};
  step.report.ending = Ending::signaled;
  EXPECT_EQ(status_of(step), SuiteStatus::crashed);
  EXPECT_EQ(describe_ending(step.report), "died by signal 11 (SIGSEGV)");
  step.report.ending = Ending::memory;
  EXPECT_EQ(status_of(step), SuiteStatus::limit);
  step.report.kind = StepKind::build;
  EXPECT_EQ(status_of(step), SuiteStatus::broken);
  step.report.ending = Ending::cancelled;
  EXPECT_EQ(status_of(step), SuiteStatus::cancelled);
}

TEST(SuiteVerdict, AKillBehindAGreenExitIsNotGreen) {
  auto step = test_step(StepMeaning::ok, 0, 3);
  step.report.oom_kills = 1;
  EXPECT_EQ(status_of(step), SuiteStatus::crashed);
}

TEST(SuiteVerdict, DamagedResultsAreNeverNoTests) {
  EXPECT_EQ(judge_suite({test_step(StepMeaning::ok, 0, 0)}, 1).status, SuiteStatus::crashed);
}

TEST(SuiteVerdict, AFailedCoverageStepKeepsTheSuiteGreen) {
  auto coverage = test_step(StepMeaning::broken, 1, 0);
  coverage.report.kind = StepKind::coverage;
  const auto judged = judge_suite({test_step(StepMeaning::ok, 0, 3), coverage}, 0);
  EXPECT_EQ(judged.status, SuiteStatus::passed);
  EXPECT_EQ(judged.diagnostics.size(), 1U);
}

TEST(SuiteVerdict, TheWorstStepDecides) {
  const auto judged =
      judge_suite({test_step(StepMeaning::tests_failed, 1, 3, 1), test_step(StepMeaning::broken, 2, 0)}, 0);
  EXPECT_EQ(judged.status, SuiteStatus::broken);
}

}  // namespace
}  // namespace rh::engine
