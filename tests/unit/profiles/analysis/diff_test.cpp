#include "profiles/analysis/diff.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/unit/profiles/analysis/made_profile.h"

namespace rh::profiles {
namespace {

using model::ProfileClock;

model::Profile shares(int a, int b, const std::string& first = "a") {
  MadeProfile made;
  made.samples(a, made.stack({"main", first}));
  made.samples(b, made.stack({"main", "b"}));
  return made.take();
}

const model::FunctionChange& function(const model::ProfileDiff& diff, std::string_view name) {
  for (const model::FunctionChange& each : diff.functions)
    if (each.name == name) return each;
  throw std::runtime_error("no function " + std::string(name));
}

TEST(ProfileDiff, SharesAreNormalised) {
  const auto diff = diff_profiles(shares(500, 500), shares(5000, 5000), ProfileClock::cpu);
  EXPECT_DOUBLE_EQ(function(diff, "a").self.value, 0);
  EXPECT_FALSE(function(diff, "a").self.counts);
}

TEST(ProfileDiff, ALargeChangeCounts) {
  const auto diff = diff_profiles(shares(500, 500), shares(800, 200), ProfileClock::cpu);
  const model::FunctionChange& a = function(diff, "a");
  EXPECT_NEAR(a.self.value, 0.3, 1e-12);
  EXPECT_TRUE(a.self.counts);
  EXPECT_LT(a.self.low, 0.3);
  EXPECT_GT(a.self.low, 0.2);
  EXPECT_FALSE(function(diff, "main").total.counts);
  EXPECT_TRUE(diff.functions.front().self.counts);
}

TEST(ProfileDiff, NewAndGoneFunctions) {
  const auto diff = diff_profiles(shares(500, 500), shares(500, 500, "c"), ProfileClock::cpu);
  EXPECT_TRUE(function(diff, "a").in_base);
  EXPECT_FALSE(function(diff, "a").in_head);
  EXPECT_FALSE(function(diff, "c").in_base);
  EXPECT_TRUE(function(diff, "c").self.counts);
}

TEST(ProfileDiff, AFunctionThatMovedIsTheSame) {
  model::Profile moved = shares(500, 500);
  for (model::ProfileFrame& frame : moved.frames) frame.line += 10;
  const auto diff = diff_profiles(shares(500, 500), moved, ProfileClock::cpu);
  EXPECT_EQ(diff.functions.size(), 3U);
  EXPECT_EQ(function(diff, "a").line, 11U);
}

// Two runs of the same program, whose functions vary from run to run: no rule may fail, whatever it asks for.
TEST(ProfileDiff, TwoRunsOfOneProgramDoNotDiffer) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> variation(1, 0.02);
  const auto run = [&] {
    MadeProfile made;
    std::vector<double> weights;
    std::vector<std::uint32_t> stacks;
    for (int i = 0; i < 40; ++i) {
      weights.push_back((i == 0 ? 40 : 1) * variation(random));
      stacks.push_back(made.stack({"main", "f" + std::to_string(i)}));
    }
    std::discrete_distribution<std::size_t> pick(weights.begin(), weights.end());
    for (int i = 0; i < 3000; ++i) made.sample(stacks[pick(random)]);
    return made.take();
  };
  const DiffRule rule = parse_diff_rule("self:*>0%").value();
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    auto diff = diff_profiles(run(), run(), ProfileClock::cpu);
    ASSERT_TRUE(judge_diff(diff, {rule}));
    failed += diff.gates.at(0).failed ? 1 : 0;
  }
  EXPECT_LE(failed, 5);
}

model::DiffGate judged(const std::string& rule, const model::Profile& base, const model::Profile& head) {
  auto diff = diff_profiles(base, head, ProfileClock::cpu);
  const auto parsed = parse_diff_rule(rule);
  EXPECT_TRUE(parsed) << rule;
  const auto result = judge_diff(diff, {*parsed});
  EXPECT_TRUE(result) << result.error().message();
  return diff.gates.at(0);
}

TEST(ProfileDiff, ARuleFailsBeyondItsPoints) {
  EXPECT_TRUE(judged("a>5%", shares(500, 500), shares(800, 200)).failed);
  EXPECT_FALSE(judged("a>40%", shares(500, 500), shares(800, 200)).failed);
  EXPECT_FALSE(judged("b > 5 %", shares(500, 500), shares(800, 200)).failed);
  EXPECT_FALSE(judged("main>0%", shares(500, 500), shares(800, 200)).failed);
  EXPECT_TRUE(judged("self:* (a.py)>5%", shares(500, 500), shares(800, 200)).failed);
}

TEST(ProfileDiff, AChangeThatMayBeChanceDoesNotFail) {
  const auto gate = judged("a>5%", shares(10, 10), shares(12, 8));
  EXPECT_FALSE(gate.failed);
  EXPECT_NE(gate.reason.find("may be chance"), std::string::npos) << gate.reason;
}

TEST(ProfileDiff, WithoutSamplesNothingPasses) { EXPECT_TRUE(judged("a>5%", shares(500, 500), shares(0, 0)).failed); }

TEST(ProfileDiff, AnUnknownNameIsAnError) {
  auto diff = diff_profiles(shares(1, 1), shares(1, 1), ProfileClock::cpu);
  const auto result = judge_diff(diff, {parse_diff_rule("mian>5%").value()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::usage);
  EXPECT_NE(result.error().what.find("did you mean 'main'"), std::string::npos) << result.error().what;
}

TEST(ProfileDiff, RulesAreRead) {
  const DiffRule rule = parse_diff_rule("self:<lambda> (lib/a.py:12) > 2.5%").value();
  EXPECT_FALSE(rule.total);
  EXPECT_EQ(rule.name, "<lambda>");
  EXPECT_EQ(rule.file, "lib/a.py");
  EXPECT_DOUBLE_EQ(rule.points, 0.025);
  EXPECT_EQ(parse_diff_rule("<lambda>>5%").value().name, "<lambda>");
  for (const char* wrong : {"", "a", "a>5", "a>x%", "a>-1%", "a>101%", ">5%", "a>%", "self:>5%", "a>nan%"})
    EXPECT_FALSE(parse_diff_rule(wrong)) << wrong;
}

TEST(ProfileDiff, MachineCodeIsNamedWithOrWithoutItsMark) {
  const auto native = [](int a) {
    MadeProfile made;
    made.samples(a, made.stack({"main", "qsort"}, model::FrameKind::native));
    made.samples(1000 - a, made.stack({"main"}));
    return made.take();
  };
  EXPECT_TRUE(judged("qsort>5%", native(100), native(500)).failed);
  EXPECT_TRUE(judged("qsort [native]>5%", native(100), native(500)).failed);
}

}  // namespace
}  // namespace rh::profiles
