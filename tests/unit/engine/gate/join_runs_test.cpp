#include "runner/engine/gate/join_runs.h"

#include <gtest/gtest.h>

#include "runner/engine/fold.h"
#include "tests/unit/engine/gate/case.h"

namespace rh::engine::gate_test {
namespace {

using namespace rh::model;
using namespace std::chrono_literals;

// A shard with one suite of one test, started `late` after the first and with a clock of its own.
RunReport shard(const std::string& test, Outcome outcome, std::chrono::seconds late, std::chrono::nanoseconds clock) {
  Case made;
  made.suite("api:pytest", {}).test(test, outcome).file("a.py", outcome == Outcome::passed ? "10" : "01");
  RunReport& run = made.report;
  run.run.id.value = test;
  run.run.started_at = std::chrono::system_clock::time_point(1'700'000'000s + late);
  run.run.started = clock;
  run.wall = 10s;
  run.complete = true;
  SuiteReport& suite = run.suites[0];
  suite.status = is_failure(outcome) ? SuiteStatus::failed : SuiteStatus::passed;
  suite.counts = count_tests(suite.tests);
  suite.tests[0].attempts[0].start = clock + 1s;
  suite.steps[0].started = clock + 500ms;
  suite.usage.wall = 9s;
  suite.usage.user_cpu = {4s, Scope::exact_process, "rusage", ""};
  suite.usage.peak_memory = {late == 0s ? 100U : 300U, Scope::exact_process, "cgroup", ""};
  suite.coverage = run.coverage;
  return run;
}

RunReport joined(std::vector<RunReport> runs) {
  RunReport into;
  join_runs(into, std::move(runs));
  return into;
}

TEST(JoinRuns, SuitesOfTheSameIdBecomeOne) {
  const RunReport all = joined({shard("two", Outcome::failed, 60s, 5s), shard("one", Outcome::passed, 0s, 1000s)});
  ASSERT_EQ(all.suites.size(), 1U);
  const SuiteReport& suite = all.suites[0];
  EXPECT_EQ(suite.status, SuiteStatus::failed);
  EXPECT_EQ(suite.counts.total, 2U);
  EXPECT_EQ(suite.counts.failed, 1U);
  EXPECT_EQ(suite.steps.size(), 2U);
  EXPECT_EQ(suite.usage.wall, 18s);
  EXPECT_EQ(*suite.usage.user_cpu.value, 8s);
  EXPECT_EQ(*suite.usage.peak_memory.value, 300U) << "of machines of their own the larger";
  EXPECT_EQ(all.coverage.totals.lines, (Ratio{2, 2}));
  EXPECT_EQ(all.wall, 70s);
}

TEST(JoinRuns, ClocksAreOneTimeLine) {
  const RunReport all = joined({shard("two", Outcome::failed, 60s, 5s), shard("one", Outcome::passed, 0s, 1000s)});
  const auto offset = [&](std::size_t test) { return *all.suites[0].tests[test].attempts[0].start - all.run.started; };
  EXPECT_EQ(all.suites[0].tests[0].test.name, "one") << "the shard that started first comes first";
  EXPECT_EQ(offset(0), 1s);
  EXPECT_EQ(offset(1), 61s);
  EXPECT_EQ(all.suites[0].steps[1].started - all.run.started, 60s + 500ms);
}

TEST(JoinRuns, ATestThatSeveralShardsRanIsKeptAsOften) {
  const RunReport all = joined({shard("one", Outcome::passed, 0s, 0s), shard("one", Outcome::failed, 1s, 0s)});
  ASSERT_EQ(all.suites[0].tests.size(), 2U);
  EXPECT_EQ(all.suites[0].tests[1].test.id.value, "api:pytest::one#2");
  EXPECT_EQ(all.suites[0].counts.failed, 1U);
}

TEST(JoinRuns, TheOrderOfTheShardsDoesNotMatter) {
  const auto a = shard("one", Outcome::passed, 0s, 7s), b = shard("two", Outcome::failed, 3s, 9s);
  const RunReport ab = joined({a, b}), ba = joined({b, a});
  EXPECT_EQ(ab.coverage.files, ba.coverage.files);
  ASSERT_EQ(ab.suites[0].tests.size(), ba.suites[0].tests.size());
  for (std::size_t i = 0; i < ab.suites[0].tests.size(); ++i)
    EXPECT_EQ(ab.suites[0].tests[i].test.id, ba.suites[0].tests[i].test.id);
}

TEST(JoinRuns, AFigureThatOneShardDoesNotHaveIsNotKnown) {
  RunReport unmeasured = shard("two", Outcome::passed, 1s, 0s);
  unmeasured.suites[0].usage.peak_memory = BytesFigure::unknown("no cgroup");
  const RunReport all = joined({shard("one", Outcome::passed, 0s, 0s), unmeasured});
  EXPECT_FALSE(all.suites[0].usage.peak_memory.value);
  EXPECT_EQ(all.suites[0].usage.peak_memory.reason, "no cgroup");
}

}  // namespace
}  // namespace rh::engine::gate_test
