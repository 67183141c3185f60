#include "tests/unit/engine/gate/table.h"

#include <gtest/gtest.h>

#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::engine::gate_test {
namespace {

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> all;
  for (const std::string_view word : split(text, ' ')) all.emplace_back(word);
  return all;
}

}  // namespace

GateRule rule_of(const Row& row) {
  auto made = make_rule(row.kind, "test", row.fields);
  EXPECT_TRUE(made) << row.name << ": " << made.error().message();
  GateRule rule = *std::move(made);
  for (const auto& [key, text] : row.fields) {
    if (key == "level") rule.level = *model::from_name<model::GateLevel>(text);
    if (key == "no_data")
      rule.no_data = text == "fail" ? NoDataPolicy::fail : text == "warn" ? NoDataPolicy::warn : NoDataPolicy::pass;
    if (key == "files") rule.scope.files = words(text);
    if (key == "suites") rule.scope.suites = words(text);
    if (key == "component") rule.scope.component = text;
  }
  return rule;
}

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Case built;
    row.build(built);
    GateRules rules;
    rules.rules.push_back(rule_of(row));
    rules.components = built.components;
    const auto verdicts = judge_gates(built.input(), rules);
    ASSERT_FALSE(verdicts.empty());
    const model::GateVerdict& verdict = verdicts.front();
    EXPECT_EQ(model::name_of(verdict.state), model::name_of(row.state)) << verdict.message;
    EXPECT_EQ(verdict.blocks, row.blocks) << verdict.message;
    EXPECT_EQ(row.actual.empty() ? "" : verdict.actual, row.actual);
    const std::string first = verdict.culprits.empty() ? "-" : verdict.culprits.front().subject;
    EXPECT_EQ(row.first.empty() ? "" : first, row.first) << verdict.message;
    EXPECT_FALSE(verdict.state == kFailed && verdict.actual == verdict.threshold) << verdict.message;
    EXPECT_FALSE(verdict.message.empty());
  }
}

}  // namespace rh::engine::gate_test
