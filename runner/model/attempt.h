// One execution of one test case, and the record of all its attempts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/figure.h"
#include "runner/model/outcome.h"
#include "runner/model/past.h"
#include "runner/model/test_case.h"
#include "runner/model/test_profile.h"

namespace rh::model {

struct TestUsage {
  CpuFigure cpu;
  BytesFigure peak_memory;
  bool operator==(const TestUsage&) const = default;
};

struct Attempt {
  unsigned number = 1;
  Outcome outcome = Outcome::not_run;
  std::optional<std::chrono::nanoseconds> start;     // CLOCK_MONOTONIC
  std::optional<std::chrono::nanoseconds> duration;  // wall time of the test
  std::string duration_reason;                       // why there is none
  TestUsage usage;
  std::int64_t pid = 0;         // process that ran it; 0 = not known
  std::string message;          // one line
  std::string details;          // traceback or diff, bounded
  std::string standard_output;  // bounded
  std::string standard_error;
};

struct TestRecord {
  TestCase test;
  std::vector<Attempt> attempts;          // in order of execution, never empty
  std::vector<PastResult> past{};         // of earlier runs, oldest first; bounded, and not for every test
  std::optional<FlakeRate> flake_rate{};  // absent: the history has too little
  std::optional<Quarantine> quarantine{};
  std::optional<TestProfile> profile{};  // absent: none was asked for, or the test is not among the slowest
  [[nodiscard]] Outcome outcome() const { return attempts.back().outcome; }
  [[nodiscard]] bool flaky() const {
    if (is_failure(outcome())) return false;
    for (const Attempt& attempt : attempts)
      if (is_failure(attempt.outcome)) return true;
    return false;
  }
};

}  // namespace rh::model
