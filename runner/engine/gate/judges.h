// The judges of the rule kinds, one per row of rule_kinds.cpp. All are pure functions.
#pragma once

#include <vector>

#include "runner/engine/gate/rule.h"

namespace rh::engine {

using Verdicts = std::vector<model::GateVerdict>;

Verdicts judge_max_failures(const GateRule& rule, const GateInput& input);
Verdicts judge_min_tests(const GateRule& rule, const GateInput& input);
Verdicts judge_max_skipped(const GateRule& rule, const GateInput& input);
Verdicts judge_max_flaky(const GateRule& rule, const GateInput& input);
Verdicts judge_max_quarantined(const GateRule& rule, const GateInput& input);
Verdicts judge_max_expected_failures(const GateRule& rule, const GateInput& input);
Verdicts judge_required_tests(const GateRule& rule, const GateInput& input);

Verdicts judge_coverage_total(const GateRule& rule, const GateInput& input);
Verdicts judge_coverage_parts(const GateRule& rule, const GateInput& input);  // per directory, per file
Verdicts judge_new_files(const GateRule& rule, const GateInput& input);
Verdicts judge_max_uncovered(const GateRule& rule, const GateInput& input);
Verdicts judge_patch(const GateRule& rule, const GateInput& input);
Verdicts judge_missing(const GateRule& rule, const GateInput& input);
Verdicts judge_categories(const GateRule& rule, const GateInput& input);
Verdicts judge_no_decrease(const GateRule& rule, const GateInput& input);
Verdicts judge_coverage_ratchet(const GateRule& rule, const GateInput& input);

Verdicts judge_test_ratchet(const GateRule& rule, const GateInput& input);
Verdicts judge_resource_ratchet(const GateRule& rule, const GateInput& input);
Verdicts judge_max_wall(const GateRule& rule, const GateInput& input);
Verdicts judge_max_cpu(const GateRule& rule, const GateInput& input);
Verdicts judge_max_memory(const GateRule& rule, const GateInput& input);

Verdicts judge_isolation(const GateRule& rule, const GateInput& input);
Verdicts judge_leaks(const GateRule& rule, const GateInput& input);
Verdicts judge_diagnostics(const GateRule& rule, const GateInput& input);

}  // namespace rh::engine
