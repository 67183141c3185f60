#include "profiles/analysis/share.h"

#include <random>

#include <gtest/gtest.h>

#include "profiles/analysis/summary.h"
#include "tests/unit/profiles/analysis/made_profile.h"

namespace rh::profiles {
namespace {

TEST(Share, WilsonByHand) {
  // 10 of 100: (0.1 + 3.8415/200) / 1.038415 -+ 1.96/1.038415 * sqrt(0.0009 + 3.8415/40000)
  const Bounds bounds = wilson_bounds(0.1, 100);
  EXPECT_NEAR(bounds.low, 0.05523, 0.00001);
  EXPECT_NEAR(bounds.high, 0.17437, 0.00001);
}

TEST(Share, NeverEmptyNeverOutside) {
  for (const double n : {0.5, 1.0, 3.0, 1e9})
    for (const double share : {0.0, 1e-9, 0.5, 1.0}) {
      const Bounds bounds = wilson_bounds(share, n);
      EXPECT_GE(bounds.low, 0);
      EXPECT_LE(bounds.high, 1);
      EXPECT_LT(bounds.low, bounds.high);
      EXPECT_LE(bounds.low, share);
      EXPECT_GE(bounds.high, share);
    }
}

TimeSums sums(double weight, double tick, std::uint64_t samples) {
  return {weight * static_cast<double>(samples), weight * tick * static_cast<double>(samples), samples};
}

TEST(Share, EqualWeightsOfOneThreadAreABinomial) {
  const Population population{sums(1, 1, 400), 0, 0, {}};
  EXPECT_NEAR(effective_draws(sums(1, 1, 100), population), 400, 1e-9);
}

TEST(Share, ThreadsOfOneTickAreOneDraw) {
  const Population population{sums(1, 4, 400), 0, 0, {}};  // four threads, 100 ticks
  EXPECT_NEAR(effective_draws(sums(1, 4, 100), population), 100, 1e-9);
}

TEST(Share, HeavySamplesAreFewerDraws) {
  TimeSums all = sums(1, 1, 100);
  all.add(sums(100, 100, 1));  // one tick that was 100 late
  EXPECT_NEAR(effective_draws({}, {all, 0, 0, {}}), 200.0 * 200 / (100 + 10'000), 1e-9);
}

TEST(Share, RejectedTicksAreBounds) {
  const Population certain{sums(1, 1, 1000), 0, 0, {}}, rejected{sums(1, 1, 1000), 0.1, 0, {}};
  const model::ShareFigure sure = share_of(sums(1, 1, 500), certain), wide = share_of(sums(1, 1, 500), rejected);
  EXPECT_DOUBLE_EQ(wide.low, sure.low * 0.9);
  EXPECT_DOUBLE_EQ(wide.high, sure.high * 0.9 + 0.1);
}

TEST(Share, NothingSampledIsNoShare) {
  const model::ShareFigure figure = share_of({}, {{}, 0, 0, "why"});
  EXPECT_FALSE(figure.value);
  EXPECT_EQ(figure.reason, "why");
}

// A program whose truth is known: `in_a(t)` says whether it is in function a at time t, in units of the period.
// The distance of two ticks is drawn by chance from 0.5 to 1.5 periods; some are missed and leave their time to the
// next.
template <class InA>
model::FunctionSummary sampled(std::mt19937_64& random, int ticks, double late, InA in_a) {
  std::uniform_real_distribution<double> uniform(0, 1);
  MadeProfile made;
  const auto a = made.stack({"main", "a"}), b = made.stack({"main", "b"});
  double before = 0, now = 0;
  for (int i = 0; i < ticks; ++i) {
    now += 0.5 + uniform(random);
    if (i + 1 < ticks && uniform(random) < late) continue;
    made.sample(in_a(now) ? a : b, static_cast<std::int64_t>((now - before) * 1e6) + 1);
    before = now;
  }
  for (const model::FunctionSummary& function : summarize(made.take()).functions)
    if (function.name == "a") return function;
  return {};
}

// How many of 400 intervals hold the truth; a function that was never seen has the interval of a share of 0.
template <class MakeProgram>
int hits(std::uint64_t seed, int ticks, double late, MakeProgram make_program) {
  std::mt19937_64 random(seed);
  int count = 0;
  for (int run = 0; run < 400; ++run) {
    const auto [in_a, truth] = make_program(random);
    const model::FunctionSummary a = sampled(random, ticks, late, in_a);
    const model::ShareFigure share = a.cpu.self.samples > 0
                                         ? a.cpu.self.share
                                         : share_of({}, {sums(1, 1, static_cast<std::uint64_t>(ticks)), 0, 0, {}});
    if (share.low <= truth && truth <= share.high) ++count;
  }
  return count;
}

constexpr int kEnough = 372;  // 93 of 100

// Short phases: every tick is an independent draw.
auto short_phases(double truth) {
  return [truth](std::mt19937_64& random) {
    const double cycle = std::uniform_real_distribution<double>(0.001, 0.02)(random);
    return std::pair([=](double t) { return std::fmod(t, cycle) < truth * cycle; }, truth);
  };
}

TEST(Share, HoldsTheTruthOfIndependentSamples) {
  EXPECT_GE(hits(1, 1000, 0, short_phases(0.5)), kEnough);
  EXPECT_GE(hits(2, 1000, 0, short_phases(0.7)), kEnough);
  EXPECT_GE(hits(3, 1000, 0, short_phases(0.9)), kEnough);
  EXPECT_GE(hits(4, 1000, 0, short_phases(0.99)), kEnough);
  EXPECT_GE(hits(5, 1000, 0, short_phases(0.01)), kEnough);
}

TEST(Share, HoldsTheTruthWithFewSamples) { EXPECT_GE(hits(6, 20, 0, short_phases(0.5)), kEnough); }

TEST(Share, HoldsTheTruthWithLateTicks) { EXPECT_GE(hits(7, 1000, 0.3, short_phases(0.7)), kEnough); }

// Long phases: neighbouring ticks are alike.
TEST(Share, HoldsTheTruthOfCorrelatedPhases) {
  const auto long_phases = [](std::mt19937_64& random) {
    const double cycle = std::uniform_real_distribution<double>(20, 300)(random);
    const int whole = static_cast<int>(1000 / cycle);
    const double rest = 1000 - whole * cycle;
    const double truth = (whole * 0.7 * cycle + std::min(rest, 0.7 * cycle)) / 1000;
    return std::pair([=](double t) { return std::fmod(t, cycle) < 0.7 * cycle; }, truth);
  };
  EXPECT_GE(hits(8, 1000, 0, long_phases), kEnough);
  EXPECT_GE(hits(9, 1000, 0.2, long_phases), kEnough);
}

// The worst case for a periodic sampler: the program repeats itself with the period of the sampler.
TEST(Share, HoldsTheTruthOfPhasesAsLongAsThePeriod) {
  const auto aliased = [](std::mt19937_64& random) {
    const double offset = std::uniform_real_distribution<double>(0, 1)(random);
    return std::pair([=](double t) { return std::fmod(t + offset, 1.0) < 0.3; }, 0.3);
  };
  EXPECT_GE(hits(10, 1000, 0, aliased), kEnough);
}

}  // namespace
}  // namespace rh::profiles
