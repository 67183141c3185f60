// The judge of resources.regression.
#pragma once

#include <vector>

#include "runner/engine/gate/rule.h"

namespace rh::engine {

[[nodiscard]] std::vector<model::GateVerdict> judge_regression(const GateRule& rule, const GateInput& input);

}  // namespace rh::engine
