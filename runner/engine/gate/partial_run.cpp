#include "runner/engine/gate/partial_run.h"

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/judging.h"

namespace rh::engine {

namespace {

bool asks_for_all(const GateRule& rule) {
  if (rule.kind.starts_with("coverage."))
    return !is_one_of(rule.kind, {"coverage.patch", "coverage.new_file", "coverage.missing"});
  if (rule.kind.starts_with("resources.")) return rule.text("per") != "test";
  if (is_one_of(rule.kind, {"tests.min", "tests.required", "tests.ratchet"})) return true;
  return rule.kind.starts_with("tests.") && rule.find<Decimal>("max") != nullptr;  // a share of all tests
}

}  // namespace

std::string left_open_by_partial_run(const GateRule& rule, const model::RunReport& report) {
  if (!asks_for_all(rule)) return {};
  std::uint64_t ran = 0, left_out = 0;
  for (const model::SuiteReport& suite : report.suites) {
    if (suite.selection.all || !in_suite_scope(rule, suite.suite.id)) continue;
    ran += suite.selection.ran;
    left_out += suite.selection.left_out;
  }
  if (left_out == 0) return {};
  return fmt::format("--affected left out {} of {}; a run of all tests can be judged", left_out,
                     counted(ran + left_out, "test"));
}

}  // namespace rh::engine
