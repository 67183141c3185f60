// One <testcase> while it is read, and what it means: its attempts with their outcomes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/junit_signs.h"
#include "collectors/results/test_text.h"
#include "runner/model/result_event.h"

namespace rh::collectors {

constexpr std::size_t kMaxProblems = 1000;  // children of one test case whose text is kept

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
  JunitSigns signs;
  std::vector<JunitProblem> problems;  // at most kMaxProblems; `signs` knows of all
  BoundedText out, err;
};

// The attempts in order of execution; the last one decides. `ordinal` makes the keys.
[[nodiscard]] std::vector<model::TestEnded> junit_attempts(JunitCase&& test, std::uint64_t ordinal);

// The first line of a message or a body that says something, as it stands in a list.
[[nodiscard]] std::string junit_message(std::string_view text);

}  // namespace rh::collectors
