// Rules that ask for all tests, judged on a run of affected ones only: what was left out could change the answer, so
// that there is none.
#pragma once

#include <string>

#include "runner/engine/gate/rule.h"

namespace rh::engine {

// Why the rule cannot be judged on this run; empty: it can. Failed tests and the coverage of the patch are what they
// are: every test that reaches a change was run.
[[nodiscard]] std::string left_open_by_partial_run(const GateRule& rule, const model::RunReport& report);

}  // namespace rh::engine
