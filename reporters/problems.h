// What of a report has a place that somebody should look at, worst first: broken suites, failed tests,
// failed gates with the files that caused them, changed lines that no test reaches, and trouble with the
// input. One list for every format that annotates code (SARIF, GitHub, GitLab).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/report.h"

namespace rh::reporters {

enum class ProblemLevel { error, warning, notice };

struct Problem {
  ProblemLevel level = ProblemLevel::error;
  std::string_view rule;   // one of kProblemRules
  std::string identity;    // the same for the same problem in another run
  std::string path;        // relative to the repository root; empty: about the whole run
  std::uint32_t line = 0;  // 0: about the whole file
  std::uint32_t end_line = 0;
  std::string title;    // clean, one line
  std::string message;  // clean, may have several lines
};

struct ProblemRule {
  std::string_view id, text;
};
inline constexpr ProblemRule kProblemRules[] = {
    {"suite-broken", "A test suite could not run, crashed or hit a limit."},
    {"test-failed", "A test failed."},
    {"gate-failed", "A gate of the repository failed."},
    {"test-flaky", "A test passed only after it had failed."},
    {"patch-uncovered", "Changed lines are not reached by any test."},
    {"diagnostic", "Something about the run that is not a test result."},
};

[[nodiscard]] std::vector<Problem> problems_of(const model::RunReport& report);

}  // namespace rh::reporters
