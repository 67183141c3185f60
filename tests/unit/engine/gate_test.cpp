#include "runner/engine/gate.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

using namespace rh::model;
using namespace std::chrono_literals;

RunReport report_with(Ratio lines) {
  RunReport report;
  report.coverage.totals.lines = lines;
  return report;
}

GateVerdict coverage_gate(Ratio lines, unsigned hundredths) {
  GateRules rules;
  rules.min_coverage = hundredths;
  return judge_gates(report_with(lines), rules).at(0);
}

TEST(Gate, ComparesAsIntegers) {
  EXPECT_EQ(coverage_gate({10, 8}, 8000).state, GateState::passed);
  EXPECT_EQ(coverage_gate({10, 7}, 8000).state, GateState::failed);
  EXPECT_EQ(coverage_gate({200, 159}, 7950).state, GateState::passed);
  EXPECT_EQ(coverage_gate({2000, 1589}, 7950).state, GateState::failed);
  EXPECT_EQ(coverage_gate({~0ULL, ~0ULL}, 10000).state, GateState::passed);
  EXPECT_EQ(coverage_gate({~0ULL, ~0ULL - 1}, 10000).state, GateState::failed);
}

TEST(Gate, NeverPrintsAFailureEqualToItsTarget) {
  const auto verdict = coverage_gate({100'000, 79'999}, 8000);
  EXPECT_EQ(verdict.state, GateState::failed);
  EXPECT_EQ(verdict.threshold, "80 %");
  EXPECT_EQ(verdict.actual, "79.99 %");
  EXPECT_EQ(coverage_gate({10'000'000, 9'999'999}, 10000).actual, "99.99 %");
  EXPECT_EQ(coverage_gate({1'000'000, 799'999}, 8000).actual, "79.99 %");
}

TEST(Gate, NoDataIsAStateOfItsOwn) {
  EXPECT_EQ(coverage_gate({0, 0}, 0).state, GateState::no_data);
  GateRules rules;
  rules.min_coverage = 1;
  EXPECT_EQ(judge_gates(RunReport{}, rules).at(0).state, GateState::no_data);
}

TEST(Gate, IsMonotoneInItsThreshold) {
  for (unsigned hundredths = 0; hundredths < 10'000; hundredths += 7) {
    const Ratio ratio{997, 613};
    EXPECT_TRUE(reaches(ratio, hundredths) || !reaches(ratio, hundredths + 7));
  }
}

TEST(Gate, CountsTests) {
  RunReport report;
  report.counts.total = 10;
  report.counts.skipped = 3;
  report.counts.failed = 1;
  report.counts.errored = 1;
  GateRules rules;
  rules.max_failures = 1;
  rules.min_tests = 7;
  auto verdicts = judge_gates(report, rules);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].state, GateState::failed);
  EXPECT_EQ(verdicts[1].state, GateState::passed);
  rules.max_failures = 2;
  rules.min_tests = 8;
  verdicts = judge_gates(report, rules);
  EXPECT_EQ(verdicts[0].state, GateState::passed);
  EXPECT_EQ(verdicts[1].state, GateState::failed);
}

TEST(Gate, JudgesResourcesPerSuite) {
  RunReport report;
  report.suites.resize(2);
  for (auto& suite : report.suites) suite.steps.resize(1);
  report.suites[0].suite.id.value = "a";
  report.suites[0].usage.wall = 61s;
  report.suites[0].usage.peak_memory = {100ULL << 20, Scope::exact_process, "cgroup", ""};
  report.suites[1].usage.wall = 1s;
  report.suites[1].usage.peak_memory = BytesFigure::unknown("no cgroup");
  GateRules rules;
  rules.max_wall = 60s;
  rules.max_memory_bytes = (100ULL << 20) - 1;
  const auto verdicts = judge_gates(report, rules);
  ASSERT_EQ(verdicts.size(), 4U);
  EXPECT_EQ(verdicts[0].state, GateState::failed);
  EXPECT_EQ(verdicts[1].state, GateState::failed);
  EXPECT_NE(verdicts[1].actual, verdicts[1].threshold);
  EXPECT_EQ(verdicts[2].state, GateState::passed);
  EXPECT_EQ(verdicts[3].state, GateState::no_data);
}

}  // namespace
}  // namespace rh::engine
