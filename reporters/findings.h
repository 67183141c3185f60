// What a person wants to know of a report, picked out once for every reporter that people read: the
// failures with their places and rerun commands, the slowest tests, the verdict and the isolation in
// one line each. All texts are clean (see plain_text.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/model/report.h"

namespace rh::reporters {

struct FailedTest {
  const model::SuiteReport* suite = nullptr;
  const model::TestRecord* record = nullptr;
  std::string rerun;  // shell command; empty when there is none
};

struct SlowTest {
  const model::SuiteReport* suite = nullptr;
  const model::TestRecord* record = nullptr;
  std::chrono::nanoseconds duration{};
};

// In the order of the report.
[[nodiscard]] std::vector<FailedTest> failed_tests(const model::RunReport& report);
[[nodiscard]] std::vector<SlowTest> slowest_tests(const model::RunReport& report, std::size_t count);

// The suite itself went wrong, and not (only) a test in it.
[[nodiscard]] bool is_suite_failure(model::SuiteStatus status);
// The step that says most about why a suite went wrong; nullptr when none ran.
[[nodiscard]] const model::StepReport* decisive_step(const model::SuiteReport& suite);

[[nodiscard]] std::string title_of(const model::TestCase& test);
// "api/test_math.py:12", relative to the repository; empty when the file is not known.
[[nodiscard]] std::string place_of(const model::SuiteReport& suite, const model::TestCase& test);
[[nodiscard]] std::string file_of(const model::SuiteReport& suite, const model::TestCase& test);
// "exit code 1", "signal 9 (Killed)", "memory limit (cgroup v2 memory.events: oom_kill 1)".
[[nodiscard]] std::string ending_text(const model::StepReport& step);

// "not_run" -> "not run".
[[nodiscard]] std::string words_of(std::string_view name);

// "PASSED 123 tests in 4 suites, 3.20 s" or "FAILED 3 of 13 tests in 4 suites, 6.54 s: why (exit code 1)".
[[nodiscard]] std::string verdict_line(const model::RunReport& report);
// "isolation: contained - 14 enforced, 1 degraded: network (why)".
[[nodiscard]] std::string isolation_line(const model::RunReport& report);

// "1.20 s", "96.0 MiB"; "~" sampled, ">=" lower bound, "<=" shared; "-" when not known.
[[nodiscard]] std::string figure_text(const model::CpuFigure& figure);
[[nodiscard]] std::string figure_text(const model::BytesFigure& figure);

}  // namespace rh::reporters
