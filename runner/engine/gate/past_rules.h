// Rule kinds about what the past says: regressions of time and memory, flake rates, quarantine.
#pragma once

#include <vector>

#include "runner/engine/gate/rule.h"
#include "runner/engine/history/resource_history.h"
#include "runner/engine/quarantine.h"

namespace rh::engine {

[[nodiscard]] std::vector<RuleKind> past_kinds();

// What the regression rules among them want to know of the history.
[[nodiscard]] ResourceDemand resource_demand(const GateRules& rules);

// Rules that hold although nobody wrote them, where there is a quarantine file: an expired entry blocks, and
// an entry that the tested change itself makes is a warning. A written rule of the kind takes their place.
void add_implied_rules(GateRules& rules, const QuarantineState& quarantine);

}  // namespace rh::engine
