#include "reporters/findings.h"

#include <gmock/gmock.h>

#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(FailedTests, HaveTheirRerunCommand) {
  const model::RunReport report = golden::make_report();
  const auto failed = failed_tests(report);
  ASSERT_EQ(failed.size(), 5U);
  EXPECT_EQ(failed[0].rerun, "runharness test api -- 'test_math.py::TestMath::test_sub[1-2]'");
  EXPECT_EQ(failed[4].rerun, "");
}

TEST(SlowestTests, AreSortedAndBounded) {
  const model::RunReport report = golden::make_report();
  const auto slowest = slowest_tests(report, 3);
  ASSERT_EQ(slowest.size(), 3U);
  EXPECT_EQ(slowest[0].duration, 1200ms);
}

TEST(TitleOf, NamesTheClassWhenItSaysMore) {
  model::TestCase test;
  test.file = "a/test_x.py";
  test.name = "test_y";
  EXPECT_EQ(title_of(test), "test_y");
  test.classname = "a.test_x";
  EXPECT_EQ(title_of(test), "test_y");
  test.classname = "TestZ";
  EXPECT_EQ(title_of(test), "TestZ > test_y");
  test.name = "TestZ > test_y";
  EXPECT_EQ(title_of(test), "TestZ > test_y");
}

TEST(PlaceOf, IsRelativeToTheRepository) {
  model::SuiteReport suite;
  model::TestCase test;
  EXPECT_EQ(place_of(suite, test), "");
  test.file = "t.py";
  suite.suite.root = ".";
  EXPECT_EQ(place_of(suite, test), "t.py");
  suite.suite.root = "api";
  test.line = 3;
  EXPECT_EQ(place_of(suite, test), "api/t.py:3");
  test.file = "/abs/t.py";
  EXPECT_EQ(place_of(suite, test), "/abs/t.py:3");
}

TEST(EndingText, NeverGuesses) {
  model::StepReport step;
  step.ending = model::Ending::exited;
  step.status.exit_code = 137;
  EXPECT_EQ(ending_text(step), "exit code 137");
  step.ending = model::Ending::signaled;
  step.status = {std::nullopt, 9, false};
  EXPECT_EQ(ending_text(step), "signal 9 (SIGKILL)");
  step.ending = model::Ending::wall_time;
  step.ending_detail = "timer";
  EXPECT_EQ(ending_text(step), "wall time (timer)");
}

TEST(VerdictLine, SaysWhyAndWhetherItIsWhole) {
  model::RunReport report = golden::make_report();
  EXPECT_THAT(verdict_line(report), HasSubstr("core:cargo could not be built (exit code 5)"));
  report.complete = false;
  EXPECT_THAT(verdict_line(report), HasSubstr("did not finish"));
  EXPECT_EQ(verdict_line(golden::make_passing_report()), "PASSED 2 tests in 1 suite, 2.10 s");
}

TEST(IsolationLine, TakesTheWeakestOfAllSuites) {
  model::RunReport report = golden::make_report();
  EXPECT_EQ(isolation_line(report),
            "isolation: contained - 2 enforced, 1 degraded: network (preset local asks for the host's network)");
  report.suites[2].isolation.rows[0].state = model::MechanismState::refused;
  report.suites[2].isolation.rows[0].reason = "not permitted";
  report.suites[2].isolation.reached = model::IsolationLevel::none;
  EXPECT_THAT(isolation_line(report), testing::StartsWith("isolation: none - 1 enforced, 1 degraded"));
  EXPECT_THAT(isolation_line(report), testing::EndsWith("1 refused: user namespace (not permitted)"));
  EXPECT_EQ(isolation_line(model::RunReport{}), "isolation: nothing ran");
}

TEST(FigureText, ShowsWhatLimitsItsTruth) {
  EXPECT_EQ(figure_text(model::BytesFigure{1U << 20, model::Scope::sampled, "", ""}), "~1.0 MiB");
  EXPECT_EQ(figure_text(model::BytesFigure{1U << 20, model::Scope::lower_bound, "", ""}), ">=1.0 MiB");
  EXPECT_EQ(figure_text(model::CpuFigure::unknown("why")), "-");
}

}  // namespace
}  // namespace rh::reporters
