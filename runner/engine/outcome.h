// The exit code of a run and the sentence that explains it: a pure function of the report and of what
// ended the run. With several causes the first of docs/exit-codes.md's order wins.
#pragma once

#include <optional>
#include <string>

#include "runner/base/exit_code.h"
#include "runner/engine/gate/rule.h"
#include "runner/model/report.h"

namespace rh::engine {

enum class RunStop { none, interrupted, terminated, deadline };

struct RunOutcome {
  ExitCode code = ExitCode::internal;
  std::string reason;
};

// `rules`: a rule tests.max_failures may let failed tests pass. `tests_expected`: that there is no suite is an
// outcome of its own; coverage alone may be judged without.
[[nodiscard]] RunOutcome judge_run(const model::RunReport& report, RunStop stop, const GateRules& rules,
                                   const std::optional<std::string>& internal_problem, bool tests_expected = true);

}  // namespace rh::engine
