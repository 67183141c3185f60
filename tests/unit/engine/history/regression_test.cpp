#include "runner/engine/history/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace rh::engine {
namespace {

constexpr double kSecond = 1e9;

SampledFigure sample(std::vector<double> head, std::vector<double> base) {
  return {"api:pytest", std::move(head), std::move(base)};
}

std::vector<double> around(double centre, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(centre * (1 + 0.002 * static_cast<double>(i * 7 % 11)));
  return values;
}

RegressionFinding judge(const SampledFigure& one, const RegressionLimits& limits = {}) {
  return find_regressions({one}, limits).findings.front();
}

TEST(Regression, AClearOneIsFound) {
  const RegressionFinding finding = judge(sample(around(1.5 * kSecond, 3), around(kSecond, 12)));
  EXPECT_EQ(finding.state, RegressionState::worse);
  EXPECT_NEAR(finding.test.p_greater, 1.0 / 455, 1e-12);
  EXPECT_NEAR(finding.shift, 0.49 * kSecond, 0.02 * kSecond);
  EXPECT_EQ(finding.heads, 3U);
  EXPECT_EQ(finding.bases, 12U);
}

TEST(Regression, AnImprovementIsNone) {
  EXPECT_EQ(judge(sample(around(0.5 * kSecond, 3), around(kSecond, 12))).state, RegressionState::unchanged);
}

TEST(Regression, ASureButSmallShiftIsNone) {
  RegressionLimits limits;
  limits.min_effect = 0.30;
  EXPECT_EQ(judge(sample(around(1.2 * kSecond, 5),
                         {0.6 * kSecond, 1.0 * kSecond, 1.0 * kSecond, 1.0 * kSecond, 1.01 * kSecond, 1.02 * kSecond}),
                  limits)
                .state,
            RegressionState::unchanged);
}

TEST(Regression, WhatCannotMatterIsNotTested) {
  RegressionLimits limits;
  limits.min_delta = 0.05 * kSecond;
  const auto found = find_regressions({sample({0.04 * kSecond}, around(0.001 * kSecond, 30))}, limits);
  EXPECT_EQ(found.findings.front().state, RegressionState::negligible);
  EXPECT_EQ(found.tested, 0U);
}

TEST(Regression, TooFewRunsOfTheBase) {
  const RegressionFinding finding = judge(sample({9 * kSecond}, around(kSecond, 4)));
  EXPECT_EQ(finding.state, RegressionState::undecided);
  EXPECT_EQ(finding.reason, "4 runs stored to compare with, 5 needed");
}

TEST(Regression, OneRunAgainstTenCannotReachAlpha) {
  const RegressionFinding finding = judge(sample({9 * kSecond}, around(kSecond, 10)));
  EXPECT_EQ(finding.state, RegressionState::undecided);
  EXPECT_EQ(finding.reason,
            "1 run of this commit and 10 of its base give p = 0.091 at best, and 0.05 is needed: 1 more run of this "
            "commit, or 9 of its base, would do");
  EXPECT_EQ(judge(sample({9 * kSecond, 9.1 * kSecond}, around(kSecond, 10))).state, RegressionState::worse);
  EXPECT_EQ(judge(sample({9 * kSecond}, around(kSecond, 19))).state, RegressionState::worse);
}

TEST(Regression, ManyTestsShareAlpha) {
  // 2 of 10 values give 1/45 at best: enough for two tests at once, not for ten.
  const auto two_of_ten = sample({9 * kSecond, 9.1 * kSecond}, around(kSecond, 8));
  const auto two = find_regressions({two_of_ten, two_of_ten}, {});
  EXPECT_EQ(two.tested, 2U);
  EXPECT_EQ(two.findings[0].state, RegressionState::worse);
  EXPECT_EQ(two.findings[1].state, RegressionState::worse);
  const auto ten = find_regressions(std::vector<SampledFigure>(10, two_of_ten), {});
  EXPECT_EQ(ten.tested, 0U);
  EXPECT_EQ(ten.findings[9].state, RegressionState::undecided);
  EXPECT_NE(ten.findings[9].reason.find("0.005 is needed of 10 tests at once: 2 more runs of this commit"),
            std::string::npos)
      << ten.findings[9].reason;
}

TEST(Regression, OneThatHasEnoughIsJudgedBesideOthersThatHaveNot) {
  std::vector<SampledFigure> samples(10, sample({9 * kSecond}, around(kSecond, 8)));
  samples.push_back(sample(around(2 * kSecond, 4), around(kSecond, 12)));
  const auto found = find_regressions(samples, {});
  EXPECT_EQ(found.tested, 1U);
  EXPECT_EQ(found.findings.back().state, RegressionState::worse);
  EXPECT_EQ(found.findings.front().state, RegressionState::undecided);
}

// The promise of docs/history.md: with nothing changed, at most alpha of all judgements fail, whatever the
// distribution, the sizes and the number of tests. Seeded, so that the number is the same each time.
struct NullCase {
  const char* name;
  std::size_t heads, bases, tests;
  bool rounded;  // many ties
};

class FalseAlarms : public testing::TestWithParam<NullCase> {};

TEST_P(FalseAlarms, StayBelowAlpha) {
  const NullCase& which = GetParam();
  constexpr int kJudgements = 4000;
  std::mt19937 random(20240601);
  std::lognormal_distribution<double> figure(0.0, 0.5);
  const auto draw = [&](std::size_t count) {
    std::vector<double> values(count);
    for (double& value : values) value = which.rounded ? std::ceil(figure(random) * 4) : figure(random);
    return values;
  };
  RegressionLimits limits;
  limits.min_effect = 0;  // any sure shift counts: the least favourable case
  int alarms = 0, judged = 0;
  for (int i = 0; i < kJudgements; ++i) {
    std::vector<SampledFigure> samples;
    for (std::size_t test = 0; test < which.tests; ++test)
      samples.push_back(sample(draw(which.heads), draw(which.bases)));
    const auto found = find_regressions(samples, limits);
    judged += found.tested > 0 ? 1 : 0;
    for (const auto& finding : found.findings)
      if (finding.state == RegressionState::worse) {
        ++alarms;
        break;
      }
  }
  ASSERT_EQ(judged, kJudgements);
  const double rate = static_cast<double>(alarms) / kJudgements;
  RecordProperty("rate", std::to_string(rate));
  // Three standard errors of a rate of alpha over so many judgements.
  EXPECT_LE(rate, limits.alpha + 3 * std::sqrt(limits.alpha * (1 - limits.alpha) / kJudgements)) << which.name;
}

INSTANTIATE_TEST_SUITE_P(Nothing, FalseAlarms,
                         testing::Values(NullCase{"OneAgainstTwenty", 1, 20, 1, false},
                                         NullCase{"ThreeAgainstTen", 3, 10, 1, false},
                                         NullCase{"ThreeAgainstTenWithTies", 3, 10, 1, true},
                                         NullCase{"FiveTests", 3, 20, 5, false},
                                         NullCase{"FiveTestsWithTies", 3, 20, 5, true}),
                         [](const auto& given) { return given.param.name; });

// And what the rule is for: how often it finds what is there.
TEST(Regression, FindsAShiftOfAThirdMostOfTheTime) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> noise(0.0, 0.1);
  int found = 0;
  constexpr int kJudgements = 500;
  for (int i = 0; i < kJudgements; ++i) {
    std::vector<double> head(3), base(20);
    for (double& value : head) value = 1.33 * noise(random);
    for (double& value : base) value = noise(random);
    found += judge(sample(head, base)).state == RegressionState::worse ? 1 : 0;
  }
  EXPECT_GT(found, kJudgements * 9 / 10);
}

}  // namespace
}  // namespace rh::engine
