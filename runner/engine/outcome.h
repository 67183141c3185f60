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

// Of whom it is expected that there are tests: of every suite that was run; of results files together, since
// a shard or a class may well have none; of nobody where coverage alone is judged.
enum class WantedTests { of_each_suite, of_all_suites, of_none };

// `rules`: a rule tests.max_failures may let failed tests pass.
[[nodiscard]] RunOutcome judge_run(const model::RunReport& report, RunStop stop, const GateRules& rules,
                                   const std::optional<std::string>& internal_problem,
                                   WantedTests expected = WantedTests::of_each_suite);

}  // namespace rh::engine
