#include "runner/engine/gate/simple_rules.h"

#include <fmt/core.h>

namespace rh::engine {
namespace {

struct SimpleRule {
  std::string_view key;
  std::string_view kind;
  std::string_view field;  // that takes the setting's value; empty: the setting turns the rule on
  std::map<std::string, std::string> fields;
};

const std::vector<SimpleRule> kSimpleRules = {
    {"gates.max_failures", "tests.max_failures", "max", {}},
    {"gates.min_tests", "tests.min", "min", {}},
    {"gates.max_skipped", "tests.max_skipped", "max", {}},
    {"gates.max_flaky", "tests.max_flaky", "max", {}},
    {"gates.min_coverage", "coverage.total", "min", {}},
    {"gates.min_branch_coverage", "coverage.total", "min", {{"metric", "branches"}}},
    {"gates.min_file_coverage", "coverage.file", "min", {}},
    {"gates.min_new_file_coverage", "coverage.new_file", "min", {}},
    {"gates.min_patch_coverage", "coverage.patch", "min", {}},
    {"gates.min_patch_branch_coverage", "coverage.patch", "min", {{"metric", "branches"}}},
    {"gates.max_uncovered", "coverage.max_uncovered", "max", {}},
    {"gates.no_decrease", "coverage.no_decrease", "", {}},
    {"gates.ratchet", "coverage.ratchet", "", {}},
    {"gates.max_wall", "resources.max_wall", "max", {}},
    {"gates.max_cpu", "resources.max_cpu", "max", {}},
    {"gates.max_memory", "resources.max_memory", "max", {}},
};

}  // namespace

Result<std::vector<GateRule>> simple_rules(const Settings& settings, std::uint64_t memory_bytes) {
  std::vector<GateRule> rules;
  for (const SimpleRule& row : kSimpleRules) {
    const SettingValue* value = settings.find(row.key);
    if (value == nullptr) continue;
    std::string text = value->values.back();
    if (row.field.empty() && text != "true") continue;
    std::map<std::string, std::string> fields = row.fields;
    if (row.key == "gates.max_memory") {
      RH_TRY(const std::uint64_t bytes, parse_size_of(text, memory_bytes));
      text = fmt::format("{}", bytes);
    }
    if (!row.field.empty()) fields[std::string(row.field)] = text;
    auto rule = make_rule(row.kind, value->origin, fields);
    if (!rule) {
      Error error = rule.error();
      error.subject = value->origin;
      error.kind = value->layer == Layer::repository ? ErrorKind::config : ErrorKind::usage;
      return Failure{std::move(error)};
    }
    rules.push_back(*std::move(rule));
  }
  return rules;
}

}  // namespace rh::engine
