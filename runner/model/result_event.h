// What a results reader says about a run, in the order of the stream it reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "runner/model/attempt.h"
#include "runner/model/diagnostic.h"

namespace rh::model {

// `key` pairs a begin with its end inside one stream; readers choose it.
struct TestBegan {
  std::string key;
  TestCase test;
  std::optional<std::chrono::nanoseconds> at;
  std::int64_t pid = 0;
};

struct TestEnded {
  std::string key;
  TestCase test;
  Attempt attempt;
  std::optional<std::chrono::nanoseconds> at{};  // its hooks included; absent: only start and duration are known
};

// The runner's own count of what it is going to run (pytest collection, libtest test_count).
struct TestsExpected {
  std::uint64_t count = 0;
};

// The runner's own totals at its own end. A stream without them stopped early.
struct RunnerFinished {
  std::optional<std::uint64_t> tests, passed, failed, skipped, errors, expected_failures, unexpected_passes, subtests;
  std::string text;  // the summary in the runner's own words, if it has one
};

using ResultEvent = std::variant<TestBegan, TestEnded, TestsExpected, RunnerFinished, Diagnostic>;

}  // namespace rh::model
