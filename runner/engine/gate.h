// Judges a report against the rules: a pure function. All comparisons are of integers; a figure that
// is not known is a state of its own (no_data), never a pass by accident.
#pragma once

#include <vector>

#include "runner/engine/run_options.h"
#include "runner/model/report.h"

namespace rh::engine {

[[nodiscard]] std::vector<model::GateVerdict> judge_gates(const model::RunReport& report, const GateRules& rules);

// hit/found >= hundredths/10000, exactly.
[[nodiscard]] bool reaches(const model::Ratio& ratio, unsigned hundredths);
// Floored, with as many decimals as it takes not to print like `hundredths` when it is below it.
[[nodiscard]] std::string percent_text(const model::Ratio& ratio, unsigned hundredths);

}  // namespace rh::engine
