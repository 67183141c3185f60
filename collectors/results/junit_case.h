// One <testcase> while it is read, and what it means: its attempts with their outcomes. The dialects
// of the writers (pytest, surefire, node, gtest, ctest...) are told apart here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/test_text.h"
#include "runner/model/result_event.h"

namespace rh::collectors {

constexpr std::size_t kMaxProblems = 1000;  // children of one test case

enum class JunitProblemKind { failure, error, skipped, flaky, rerun };

struct JunitProblem {
  JunitProblemKind kind = JunitProblemKind::failure;
  std::string message, type;
  std::string file;
  std::optional<std::uint32_t> line;
  std::optional<std::chrono::nanoseconds> time;
  BoundedText body, out, err;
};

struct JunitCase {
  model::TestCase test;
  std::optional<std::chrono::nanoseconds> time;
  std::string status, result;  // attributes
  std::vector<JunitProblem> problems;
  BoundedText out, err;
};

// The attempts in order of execution; the last one decides. `ordinal` makes the keys.
[[nodiscard]] std::vector<model::TestEnded> junit_attempts(JunitCase&& test, std::uint64_t ordinal);

struct JunitTime {
  std::optional<std::chrono::nanoseconds> value;
  bool negative = false;  // it was below zero and is given as zero
};

// Seconds as writers spell them: "1.5", "0.", "9.9e-05", "1,234.5", "1,5". Anything else: no value.
[[nodiscard]] JunitTime parse_junit_time(std::string_view text);

}  // namespace rh::collectors
