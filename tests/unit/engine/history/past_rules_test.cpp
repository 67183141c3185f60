#include "runner/engine/gate/past_rules.h"

#include <gtest/gtest.h>

#include "runner/engine/gate/gate.h"
#include "tests/unit/engine/history/stored_runs.h"

namespace rh::engine {
namespace {

using namespace std::chrono_literals;
using model::GateLevel;
using model::GateState;
using model::GateVerdict;
using testing::GivenRun;
using testing::report_of;

constexpr double kSecond = 1e9;

GateVerdict judge(const model::RunReport& report, const GateRule& rule, const ResourceHistory* history,
                  const QuarantineState* quarantine = nullptr) {
  const Components components;
  GateInput input{report, components};
  input.history = history;
  input.history_reason = "no earlier run is stored";
  input.quarantine = quarantine;
  const auto verdicts = rule_kind(rule.kind)->judge(rule, input);
  EXPECT_EQ(verdicts.size(), 1U);
  return verdicts.front();
}

GateRule regression(const std::map<std::string, std::string>& fields = {{"of", "wall"}}) {
  return make_rule("resources.regression", "test", fields).value();
}

ResourceHistory history_of(double wall, std::size_t base, std::size_t head) {
  ResourceHistory history;
  FigureSeries& series = history.suites["a:pytest"];
  for (std::size_t i = 0; i < base; ++i)
    series.base.push_back({wall * (1 + 0.001 * static_cast<double>(i)), wall / 2, 128e6});
  for (std::size_t i = 0; i < head; ++i) series.head.push_back({2 * kSecond + static_cast<double>(i), kSecond, 128e6});
  history.base_runs = base;
  history.head_runs = head;
  history.stored_runs = base + head + 3;
  history.conditions = "preset ci";
  return history;
}

TEST(RegressionRule, FailsWithFiguresAndTheirOdds) {
  const ResourceHistory history = history_of(kSecond, 20, 2);
  const GateVerdict verdict = judge(report_of({"1"}), regression(), &history);
  EXPECT_EQ(verdict.state, GateState::failed);
  EXPECT_TRUE(verdict.blocks);
  EXPECT_EQ(verdict.threshold, "+10 %");
  EXPECT_EQ(verdict.actual, "+98.1 %");
  ASSERT_EQ(verdict.culprits.size(), 1U);
  EXPECT_EQ(verdict.culprits[0].subject, "a:pytest");
  EXPECT_EQ(verdict.culprits[0].note,
            "wall time 2.00 s, was 1.01 s (+98.1 %, p = 0.00056, 3 runs against 20 of the base)");
  EXPECT_NE(verdict.evidence.find("20 runs of the base and 2 of this commit are comparable of 25 stored"),
            std::string::npos)
      << verdict.evidence;
}

TEST(RegressionRule, PassesWhenNothingIsWorse) {
  const ResourceHistory history = history_of(2 * kSecond, 20, 2);
  const GateVerdict verdict = judge(report_of({"1"}), regression(), &history);
  EXPECT_EQ(verdict.state, GateState::passed);
  EXPECT_FALSE(verdict.blocks);
}

TEST(RegressionRule, SaysWhenItCannotJudge) {
  EXPECT_EQ(judge(report_of({"1"}), regression(), nullptr).state, GateState::no_data);
  const ResourceHistory ten = history_of(kSecond, 10, 0);
  const GateVerdict few = judge(report_of({"1"}), regression(), &ten);
  EXPECT_EQ(few.state, GateState::no_data);
  EXPECT_FALSE(few.blocks) << "the policy of this kind is to warn";
  EXPECT_EQ(few.level, GateLevel::warn);
  EXPECT_NE(few.message.find("1 more run of this commit, or 9 of its base, would do"), std::string::npos)
      << few.message;
  GateRule strict = regression();
  strict.no_data = NoDataPolicy::fail;
  EXPECT_TRUE(judge(report_of({"1"}), strict, &ten).blocks);
}

TEST(RegressionRule, TheWindowIsKept) {
  ResourceHistory history = history_of(kSecond, 30, 0);
  for (std::size_t i = 20; i < 30; ++i) history.suites["a:pytest"].base[i].wall_ns = 99 * kSecond;
  EXPECT_EQ(judge(report_of({"1"}), regression(), &history).state, GateState::failed);
  EXPECT_EQ(judge(report_of({"1"}), regression({{"of", "wall"}, {"window", "30"}}), &history).state, GateState::passed);
}

TEST(RegressionRule, MemoryAndCpu) {
  const ResourceHistory history = history_of(kSecond, 20, 2);
  const GateVerdict memory = judge(report_of({"1"}), regression({{"of", "memory"}}), &history);
  EXPECT_EQ(memory.state, GateState::passed);
  const GateVerdict cpu = judge(report_of({"1"}), regression({{"of", "cpu"}}), &history);
  EXPECT_EQ(cpu.state, GateState::failed);
  EXPECT_NE(cpu.culprits[0].note.find("CPU time 1.00 s, was 500 ms"), std::string::npos) << cpu.culprits[0].note;
}

TEST(RegressionRule, TestsByGlob) {
  GivenRun given{"1"};
  given.tests = {{"slow", {model::Outcome::passed}, 900ms},
                 {"same", {model::Outcome::passed}, 300ms},
                 {"red", {model::Outcome::failed}, 900ms}};
  ResourceHistory history;
  for (const char* name : {"slow", "same", "red"})
    for (int i = 0; i < 20; ++i) {
      const double wall = 0.3 * kSecond + i * 1e5;
      history.tests[std::string("a:pytest::f.py::") + name].base.push_back({wall, wall, 64e6});
    }
  const GateRule all = regression({{"of", "wall"}, {"per", "test"}});
  const GateVerdict verdict = judge(report_of(given), all, &history);
  ASSERT_EQ(verdict.state, GateState::failed) << "one of two can be told: the other never differs by 50 ms";
  EXPECT_EQ(verdict.culprits.size(), 1U);
  EXPECT_EQ(verdict.culprits[0].subject, "a:pytest::f.py::slow");
  const GateRule other = regression({{"of", "wall"}, {"per", "test"}, {"tests", "a:pytest::**::same"}});
  EXPECT_EQ(judge(report_of(given), other, &history).state, GateState::passed);
}

TEST(RegressionRule, ASuiteThatFailedHasNoFigure) {
  GivenRun given{"1"};
  given.status = model::SuiteStatus::failed;
  const ResourceHistory history = history_of(kSecond, 20, 2);
  EXPECT_EQ(judge(report_of(given), regression(), &history).state, GateState::no_data);
}

TEST(RegressionRule, AsksForWhatItNeeds) {
  GateRules rules;
  EXPECT_FALSE(resource_demand(rules).suites || resource_demand(rules).tests);
  rules.rules = {regression({{"of", "wall"}, {"window", "40"}}), regression({{"of", "wall"}, {"per", "test"}})};
  const ResourceDemand demand = resource_demand(rules);
  EXPECT_TRUE(demand.suites && demand.tests);
  EXPECT_EQ(demand.window, 40U);
}

TEST(FlakeRateRule, ComparesTheLowEnd) {
  model::RunReport report = report_of({"1"});
  const GateRule rule = make_rule("tests.flake_rate", "test", {{"max", "10%"}}).value();
  EXPECT_EQ(judge(report, rule, nullptr).state, GateState::no_data);
  model::TestRecord& record = report.suites[0].tests[0];
  record.flake_rate = model::FlakeRate{1, 2, 0.0945, 0.9055};
  EXPECT_EQ(judge(report, rule, nullptr).state, GateState::passed) << "one flip of two may be chance";
  const GateRule plain = make_rule("tests.flake_rate", "test", {{"max", "10%"}, {"bound", "rate"}}).value();
  EXPECT_EQ(judge(report, plain, nullptr).state, GateState::failed);
  record.flake_rate = model::FlakeRate{8, 20, 0.2188, 0.6134};
  const GateVerdict failed = judge(report, rule, nullptr);
  EXPECT_EQ(failed.state, GateState::failed);
  EXPECT_NE(failed.message.find("8 of 20 chances flipped"), std::string::npos) << failed.message;
}

QuarantineState state(const std::string& text) {
  QuarantineState state;
  state.file = "runharness.quarantine.toml";
  state.today = "2026-06-15";
  state.entries = parse_quarantine(text, "q.toml", state.today).value();
  return state;
}

constexpr const char* kTwo =
    "[[test]]\nid='a'\nowner='@a'\nreason='r'\nexpires=2026-06-14\n"
    "[[test]]\nid='b'\nowner='@b'\nreason='r'\nexpires=2026-12-31\nsince=2026-05-01\n";

TEST(QuarantineRules, AnExpiredEntryBlocks) {
  const QuarantineState two = state(kTwo);
  GateRules rules;
  add_implied_rules(rules, two);
  ASSERT_EQ(rules.rules.size(), 1U);
  const GateVerdict verdict = judge(report_of({"1"}), rules.rules[0], nullptr, &two);
  EXPECT_EQ(verdict.rule, "quarantine.expired");
  EXPECT_EQ(verdict.state, GateState::failed);
  EXPECT_TRUE(verdict.blocks);
  ASSERT_EQ(verdict.culprits.size(), 1U);
  EXPECT_EQ(verdict.culprits[0].subject, "a");
  EXPECT_NE(verdict.culprits[0].note.find("until 2026-06-14, @a: r (q.toml:1)"), std::string::npos)
      << verdict.culprits[0].note;
}

TEST(QuarantineRules, AWrittenRuleTakesThePlaceOfTheImpliedOne) {
  GateRules rules;
  rules.rules.push_back(make_rule("quarantine.expired", "test").value());
  rules.rules[0].level = GateLevel::warn;
  const QuarantineState two = state(kTwo);
  add_implied_rules(rules, two);
  ASSERT_EQ(rules.rules.size(), 1U);
  EXPECT_FALSE(judge(report_of({"1"}), rules.rules[0], nullptr, &two).blocks);
  GateRules none;
  add_implied_rules(none, {});
  EXPECT_TRUE(none.rules.empty());
}

TEST(QuarantineRules, WhatAChangeAddsIsAWarning) {
  QuarantineState two = state(kTwo);
  two.compared_with_base = true;
  two.entries[1].by_patch = true;
  GateRules rules;
  add_implied_rules(rules, two);
  ASSERT_EQ(rules.rules.size(), 2U);
  const GateVerdict verdict = judge(report_of({"1"}), rules.rules[1], nullptr, &two);
  EXPECT_EQ(verdict.rule, "quarantine.added");
  EXPECT_EQ(verdict.state, GateState::failed);
  EXPECT_EQ(verdict.level, GateLevel::warn);
  EXPECT_FALSE(verdict.blocks);
}

TEST(QuarantineRules, NumberAndAge) {
  const QuarantineState two = state(kTwo);
  EXPECT_EQ(
      judge(report_of({"1"}), make_rule("quarantine.max_entries", "t", {{"max", "2"}}).value(), nullptr, &two).state,
      GateState::passed);
  EXPECT_EQ(
      judge(report_of({"1"}), make_rule("quarantine.max_entries", "t", {{"max", "1"}}).value(), nullptr, &two).state,
      GateState::failed);
  const GateVerdict age =
      judge(report_of({"1"}), make_rule("quarantine.max_age", "t", {{"max", "45d"}}).value(), nullptr, &two);
  EXPECT_EQ(age.state, GateState::failed);
  ASSERT_EQ(age.culprits.size(), 1U) << "45 days are not more than 45 days";
  EXPECT_NE(age.culprits[0].note.find("has no 'since'"), std::string::npos);
  EXPECT_EQ(judge(report_of({"1"}), make_rule("quarantine.max_age", "t", {{"max", "44d"}}).value(), nullptr, &two)
                .culprits.size(),
            2U);
}

}  // namespace
}  // namespace rh::engine
