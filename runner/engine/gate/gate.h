// Judges a report against the rules: a pure function. All comparisons are of integers; what is not known is
// a state of its own (no_data), never a pass by accident.
#pragma once

#include <cstdint>
#include <vector>

#include "runner/engine/gate/rule.h"
#include "runner/model/report.h"

namespace rh::engine {

// One verdict or more per rule, in the order of the rules. A rule about a patch or about new files brings
// coverage.missing along, unless there is such a rule.
[[nodiscard]] std::vector<model::GateVerdict> judge_gates(const GateInput& input, const GateRules& rules);

// Failed tests, without those in quarantine and those of suites that a blocking rule tests.max_failures covers
// and every such rule tolerates.
[[nodiscard]] std::uint64_t intolerable_failures(const model::RunReport& report, const GateRules& rules);

[[nodiscard]] bool needs_patch(const GateRules& rules);
[[nodiscard]] bool needs_tests(const GateRules& rules);  // a record of every test
[[nodiscard]] bool needs_baseline(const GateRules& rules);

}  // namespace rh::engine
