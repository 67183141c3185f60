// Judging as a whole: what comes along with a rule, what is tolerated, what a verdict carries.
#include "runner/engine/gate/gate.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/gate/case.h"

namespace rh::engine::gate_test {
namespace {

using namespace rh::model;

GateRules rules_of(std::vector<GateRule> rules) {
  GateRules all;
  all.rules = std::move(rules);
  return all;
}

GateRule rule(std::string_view kind, const std::map<std::string, std::string>& fields) {
  return *make_rule(kind, "test", fields);
}

TEST(Gate, APatchRuleNamesChangedSourcesThatNobodyMeasured) {
  Case made;
  made.changed("a.py", "c").unmeasured("b.py", 2);
  const auto verdicts = judge_gates(made.input(), rules_of({rule("coverage.patch", {{"min", "80"}})}));
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].state, GateState::passed);
  EXPECT_EQ(verdicts[1].rule, "coverage.missing");
  EXPECT_TRUE(verdicts[1].blocks);
  EXPECT_NE(verdicts[1].message.find("b.py"), std::string::npos);
}

TEST(Gate, ARuleOfItsOwnTakesItsPlace) {
  Case made;
  made.changed("a.py", "c").unmeasured("b.py", 2);
  GateRule missing = rule("coverage.missing", {});
  missing.level = GateLevel::warn;
  const auto verdicts = judge_gates(made.input(), rules_of({rule("coverage.patch", {{"min", "80"}}), missing}));
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_FALSE(verdicts[1].blocks);
}

TEST(Gate, VerdictsCarryFilesWithTheirLines) {
  Case made;
  made.changed("a.py", "cuunucu");
  const auto verdicts = judge_gates(made.input(), rules_of({rule("coverage.patch", {{"min", "80"}})}));
  ASSERT_EQ(verdicts[0].culprits.size(), 1U);
  EXPECT_EQ(verdicts[0].culprits[0].lines, (std::vector<LineRange>{{2, 5}, {7, 7}}));
  EXPECT_NE(verdicts[0].message.find("33.33 %"), std::string::npos);
  EXPECT_NE(verdicts[0].evidence.find("2 of 6"), std::string::npos);
}

TEST(Gate, CulpritsAreBoundedAndCounted) {
  Case made;
  for (int i = 0; i < 60; ++i) made.report.coverage.files.push_back(source_file("f" + std::to_string(i), "0"));
  const auto verdicts = judge_gates(made.input(), rules_of({rule("coverage.file", {{"min", "80"}})}));
  EXPECT_EQ(verdicts[0].culprits.size(), 50U);
  EXPECT_NE(verdicts[0].evidence.find("10 more"), std::string::npos);
}

TEST(Gate, ItsOwnMessageIsAddedWhenItFails) {
  Case made;
  made.file("a", "0");
  GateRule wanted = rule("coverage.total", {{"min", "80"}});
  wanted.message = "Ask @core.";
  EXPECT_TRUE(judge_gates(made.input(), rules_of({wanted}))[0].message.ends_with("Ask @core."));
}

TEST(Gate, FailuresAreToleratedSuiteBySuite) {
  Case made;
  made.suite("api:pytest", counts(5, 2)).suite("web:jest", counts(5, 1));
  EXPECT_EQ(intolerable_failures(made.report, {}), 3U);
  GateRule web = rule("tests.max_failures", {{"max", "1"}});
  web.scope.suites = {"web:*"};
  EXPECT_EQ(intolerable_failures(made.report, rules_of({web})), 2U);
  const GateRule all = rule("tests.max_failures", {{"max", "3"}});
  EXPECT_EQ(intolerable_failures(made.report, rules_of({all})), 0U);
  GateRule strict = web;
  strict.fields["max"] = std::uint64_t{0};
  EXPECT_EQ(intolerable_failures(made.report, rules_of({all, strict})), 1U) << "the stricter one holds for its suite";
  GateRule warning = all;
  warning.level = GateLevel::warn;
  EXPECT_EQ(intolerable_failures(made.report, rules_of({warning})), 3U) << "a warning tolerates nothing";
}

TEST(Gate, TellsWhatItNeeds) {
  EXPECT_FALSE(needs_patch(rules_of({rule("coverage.total", {{"min", "1"}})})));
  EXPECT_TRUE(needs_patch(rules_of({rule("coverage.new_file", {{"min", "1"}})})));
  EXPECT_FALSE(needs_tests(rules_of({rule("resources.max_wall", {{"max", "1s"}})})));
  EXPECT_TRUE(needs_tests(rules_of({rule("resources.max_wall", {{"max", "1s"}, {"per", "test"}})})));
  EXPECT_TRUE(needs_baseline(rules_of({rule("tests.ratchet", {})})));
}

}  // namespace
}  // namespace rh::engine::gate_test
