// The exit code of a run and the sentence that explains it: a pure function of the report and of what
// ended the run. With several causes the first of docs/exit-codes.md's order wins.
#pragma once

#include <optional>
#include <string>

#include "runner/base/exit_code.h"
#include "runner/model/report.h"

namespace rh::engine {

enum class RunStop { none, interrupted, terminated, deadline };

struct RunOutcome {
  ExitCode code = ExitCode::internal;
  std::string reason;
};

// `tolerated_failures`: how many failed tests the gate tests.max_failures lets pass.
[[nodiscard]] RunOutcome judge_run(const model::RunReport& report, RunStop stop,
                                   std::optional<std::uint64_t> tolerated_failures,
                                   const std::optional<std::string>& internal_problem);

}  // namespace rh::engine
