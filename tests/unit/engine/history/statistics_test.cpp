// Against published tables and an independent implementation (scipy 1.16: mannwhitneyu, binomtest; ties by
// enumerating every split).
#include <gtest/gtest.h>

#include "runner/engine/statistics/effect_size.h"
#include "runner/engine/statistics/mann_whitney.h"
#include "runner/engine/statistics/wilson.h"

namespace rh::engine {
namespace {

using Values = std::vector<double>;

TEST(MannWhitney, ExactWithoutTies) {
  const MannWhitney test = mann_whitney(Values{3.1, 4.2, 5.9}, Values{1.0, 2.0, 2.5, 3.0, 3.3});
  EXPECT_DOUBLE_EQ(test.u, 14);
  EXPECT_NEAR(test.p_greater, 2.0 / 56, 1e-12);
  EXPECT_TRUE(test.exact);
}

// Tables of critical values for a one-sided test at 0.05: 5 and 5 give P(U >= 21) = 0.0476, and 4 of 24 below.
TEST(MannWhitney, CriticalValuesOfTheTables) {
  EXPECT_NEAR(mann_whitney(Values{5, 7, 8, 9, 10}, Values{1, 2, 3, 4, 6}).p_greater, 0.007936507936507936, 1e-12);
  EXPECT_NEAR(mann_whitney(Values{4, 6, 8, 9, 10}, Values{1, 2, 3, 5, 7}).p_greater, 0.027777777777777776, 1e-12);
  EXPECT_NEAR(mann_whitney(Values{3, 6, 8, 9, 10}, Values{1, 2, 4, 5, 7}).p_greater, 0.047619047619047616, 1e-12);
}

TEST(MannWhitney, TheSmallestPOfOneNewValue) {
  Values base;
  for (int i = 0; i < 19; ++i) base.push_back(i);
  EXPECT_NEAR(mann_whitney(Values{100}, base).p_greater, 0.05, 1e-12);
  EXPECT_NEAR(least_p(1, 19), 0.05, 1e-12);
  EXPECT_NEAR(least_p(3, 5), 1.0 / 56, 1e-12);
  EXPECT_EQ(least_p(0, 5), 1);
  EXPECT_EQ(least_p(5, 0), 1);
}

TEST(MannWhitney, ExactWithTies) {
  const MannWhitney test = mann_whitney(Values{2, 2, 3, 5}, Values{1, 2, 2, 3, 3});
  EXPECT_DOUBLE_EQ(test.u, 13);
  EXPECT_NEAR(test.p_greater, 0.30158730158730157, 1e-12);
  EXPECT_NEAR(mann_whitney(Values{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                           Values{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29})
                  .p_greater,
              0.06495269436445907, 1e-12);
}

TEST(MannWhitney, EqualValuesSayNothing) {
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 1, 1}, Values{1, 1, 1}).p_greater, 1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{}, Values{1}).p_greater, 1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values(60, 1.0), Values(60, 1.0)).p_greater, 1);
}

TEST(MannWhitney, ExactForSeventyValues) {
  Values head, base;
  for (int i = 0; i < 30; ++i) head.push_back((i * 37 + 11) % 211 + 0.25);
  for (int i = 0; i < 40; ++i) base.push_back(i * 53 % 199);
  const MannWhitney test = mann_whitney(head, base);
  EXPECT_TRUE(test.exact);
  EXPECT_DOUBLE_EQ(test.u, 637);
  EXPECT_NEAR(test.p_greater, 0.3334271815019572, 1e-9);
}

TEST(MannWhitney, NormalBeyondTheExactBound) {
  Values head, base;
  for (int i = 0; i < 60; ++i) head.push_back(i * 37 % 101 + 7);
  for (int i = 0; i < 70; ++i) base.push_back(i * 53 % 97);
  const MannWhitney test = mann_whitney(head, base);
  EXPECT_FALSE(test.exact);
  EXPECT_DOUBLE_EQ(test.u, 2506);
  EXPECT_NEAR(test.p_greater, 0.029122654160753984, 1e-12);
}

// The two methods agree where one takes over from the other.
TEST(MannWhitney, TheApproximationMeetsTheExactValue) {
  Values head, base;
  for (int i = 0; i < 50; ++i) head.push_back(i * 1.7 + 9), base.push_back(i * 1.9);
  const double exact = mann_whitney(head, base).p_greater;
  head.push_back(50.5);  // in the middle of both: the value itself hardly moves
  const MannWhitney approximate = mann_whitney(head, base);
  EXPECT_FALSE(approximate.exact);
  EXPECT_NEAR(approximate.p_greater, exact, 0.02);
}

TEST(Holm, StepsDownUntilOneStays) {
  EXPECT_EQ(holm_rejections(Values{0.01, 0.04, 0.03, 0.005}, 0.05), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(holm_rejections(Values{0.03, 0.01}, 0.05), (std::vector<bool>{true, true}));
  EXPECT_TRUE(holm_rejections(Values{}, 0.05).empty());
}

TEST(EffectSize, MedianShiftAndDelta) {
  EXPECT_DOUBLE_EQ(median(Values{3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median(Values{4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(median(Values{}), 0);
  EXPECT_DOUBLE_EQ(hodges_lehmann_shift(Values{11, 12, 1000}, Values{1, 2, 3}), 10);  // differences' median
  EXPECT_DOUBLE_EQ(cliffs_delta(Values{4, 5}, Values{1, 2, 3}), 1);
  EXPECT_DOUBLE_EQ(cliffs_delta(Values{1, 3}, Values{2, 2}), 0);
  EXPECT_DOUBLE_EQ(cliffs_delta(Values{}, Values{2, 2}), 0);
}

TEST(Wilson, IntervalsOfTheReference) {
  const auto expect = [](std::uint64_t successes, std::uint64_t trials, double low, double high) {
    const Interval interval = wilson_interval(successes, trials);
    EXPECT_NEAR(interval.low, low, 1e-12) << successes << "/" << trials;
    EXPECT_NEAR(interval.high, high, 1e-12) << successes << "/" << trials;
  };
  expect(0, 10, 0, 0.27753279986288926);
  expect(1, 10, 0.017876213095072896, 0.4041500267952385);
  expect(5, 10, 0.236593090512564, 0.7634069094874361);
  expect(10, 10, 0.7224672001371109, 1);
  expect(3, 200, 0.00511423779325831, 0.04316572879269026);
  expect(0, 0, 0, 1);
}

}  // namespace
}  // namespace rh::engine
