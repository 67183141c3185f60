#include "runner/engine/gate/gate.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/judging.h"
#include "runner/engine/gate/partial_run.h"

namespace rh::engine {

using namespace rh::model;

namespace {

template <class Wanted>
bool any_rule(const GateRules& rules, Wanted wanted) {
  return std::any_of(rules.rules.begin(), rules.rules.end(), wanted);
}

bool about_patch(const GateRule& rule) { return rule.kind == "coverage.patch" || rule.kind == "coverage.new_file"; }

// What a patch rule judges says nothing about a file that nobody measured.
std::vector<GateRule> with_missing(const GateRules& rules, const GateInput& input) {
  std::vector<GateRule> all = rules.rules;
  if (!input.report.patch || any_rule(rules, [](const GateRule& rule) { return rule.kind == "coverage.missing"; }))
    return all;
  std::vector<GateRule> added;
  for (const GateRule& rule : rules.rules) {
    if (!about_patch(rule)) continue;
    GateRule missing = *make_rule("coverage.missing", rule.origin);
    missing.scope = rule.scope;
    missing.level = rule.level;
    missing.message = rule.message;
    const auto same = std::find_if(added.begin(), added.end(),
                                   [&](const GateRule& other) { return scope_text(other) == scope_text(missing); });
    if (same == added.end())
      added.push_back(std::move(missing));
    else
      same->level = std::min(same->level, missing.level);
  }
  all.insert(all.end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
  return all;
}

// The bound as it was given, for a verdict that never came to compare.
std::string bound_text(const GateRule& rule) {
  for (const char* name : {"min", "max"}) {
    if (const auto* percent = rule.find<Decimal>(name)) return percent_of(*percent);
    if (const auto* count = rule.find<std::uint64_t>(name)) return fmt::format("{}", *count);
    if (const auto* span = rule.find<std::chrono::nanoseconds>(name)) return format_duration(*span);
    if (const auto* size = rule.find<ByteCount>(name)) return format_size(size->bytes);
    if (const auto* text = rule.find<std::string>(name)) return *text;
  }
  return "";
}

// A scope that names no suite is a mistake, or a suite that is gone: not a pass.
bool names_no_suite(const GateRule& rule, const RunReport& report) {
  if (rule.scope.suites.empty()) return false;
  return std::none_of(report.suites.begin(), report.suites.end(),
                      [&](const SuiteReport& suite) { return in_suite_scope(rule, suite.suite.id); });
}

std::uint64_t failures_of(const TestCounts& counts) {
  const std::uint64_t tests = counts.failed + counts.errored;
  return tests > 0 ? tests - std::min(tests, counts.quarantined) : counts.subtests_failed;
}

bool lets_pass(const GateRule& rule, const RunReport& report) {
  static const Components kNone;
  const auto verdicts = rule_kind(rule.kind)->judge(rule, {report, kNone});
  return std::all_of(verdicts.begin(), verdicts.end(),
                     [](const GateVerdict& verdict) { return verdict.state == GateState::passed; });
}

}  // namespace

std::vector<GateVerdict> judge_gates(const GateInput& input, const GateRules& rules) {
  std::vector<GateVerdict> verdicts;
  for (const GateRule& rule : with_missing(rules, input)) {
    if (names_no_suite(rule, input.report)) {
      verdicts.push_back(no_data_of(rule, bound_text(rule), "no suite matches " + join(rule.scope.suites, ", ")));
      continue;
    }
    if (const std::string why = left_open_by_partial_run(rule, input.report); !why.empty()) {
      GateVerdict open = no_data_of(rule, bound_text(rule), why);
      open.blocks = false;  // asked for by the caller, and no lack of the tests: it is judged when all of them run
      open.level = std::max(open.level, GateLevel::warn);
      verdicts.push_back(std::move(open));
      continue;
    }
    for (GateVerdict& verdict : rule_kind(rule.kind)->judge(rule, input)) verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

std::uint64_t intolerable_failures(const RunReport& report, const GateRules& rules) {
  std::vector<std::pair<const GateRule*, bool>> bounds;  // and whether it holds
  for (const GateRule& rule : rules.rules)
    if (rule.kind == "tests.max_failures" && rule.level == GateLevel::block)
      bounds.emplace_back(&rule, lets_pass(rule, report));
  const auto tolerated = [&](const SuiteId& suite) {
    bool any = false;
    for (const auto& [rule, holds] : bounds) {
      if (!in_suite_scope(*rule, suite)) continue;
      if (!holds) return false;
      any = true;
    }
    return any;
  };
  std::uint64_t failures = 0;
  for (const SuiteReport& suite : report.suites)
    if (!tolerated(suite.suite.id)) failures += failures_of(suite.counts);
  return failures;
}

bool needs_patch(const GateRules& rules) {
  return any_rule(rules, [](const GateRule& rule) { return rule_kind(rule.kind)->needs_patch; });
}

bool needs_tests(const GateRules& rules) {
  return any_rule(rules,
                  [](const GateRule& rule) { return rule_kind(rule.kind)->needs_tests || rule.text("per") == "test"; });
}

bool needs_baseline(const GateRules& rules) {
  return any_rule(rules, [](const GateRule& rule) { return rule.kind.ends_with(".ratchet"); });
}

}  // namespace rh::engine
