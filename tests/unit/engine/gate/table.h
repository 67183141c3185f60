// One hand-computed verdict: a rule, what it judges, and what comes out.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/engine/gate/case.h"

namespace rh::engine::gate_test {

struct Row {
  std::string name;
  std::string kind;
  std::map<std::string, std::string> fields;  // of the rule; "level", "no_data", "files", "suites", "component" too
  std::function<void(Case&)> build;
  model::GateState state;
  bool blocks;
  std::string actual = {};  // as printed; empty: not looked at
  std::string first = {};   // subject of the first culprit; "-": there is none; empty: not looked at
};

[[nodiscard]] GateRule rule_of(const Row& row);
// Judges every row and compares.
void check_rows(const std::vector<Row>& rows);

constexpr auto kPassed = model::GateState::passed;
constexpr auto kFailed = model::GateState::failed;
constexpr auto kNoData = model::GateState::no_data;

}  // namespace rh::engine::gate_test
