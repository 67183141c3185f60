// The end of judging results from files: what a comparison adds to the report, and the exit code.
#pragma once

#include <string_view>

#include "runner/engine/gate/compare.h"
#include "runner/engine/gate/gather.h"
#include "runner/engine/outcome.h"
#include "runner/engine/quarantine.h"

namespace rh::engine {

// Marks failed tests that the quarantine covers, and counts them.
void apply_quarantine(model::RunReport& report, const QuarantineState& quarantine);
void apply_comparison(model::RunReport& report, const Comparison& comparison);

// Damage, failed tests, no tests and gates, in the order of docs/exit-codes.md. Without any results file only
// coverage is judged, and that there are no tests is no fault.
[[nodiscard]] RunOutcome judge_gathered(const Gathered& gathered, const GateRules& rules, bool stored_run);

// "passed", "tests_failed", "gate_failed"...: the words of docs/exit-codes.md for scripts.
[[nodiscard]] std::string_view name_of(ExitCode code);

}  // namespace rh::engine
