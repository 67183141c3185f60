// What past executions teach: which errors come again, how often, and whether the same instruction worked later.
#pragma once

#include <string>
#include <vector>

#include "runner/agent/history/execution_store.h"

namespace rh::agent {

struct FailurePattern {
  std::string error_kind;
  std::string pattern;  // the error's last line; numbers, addresses, quoted paths are "#", "0x#", "'…'"
  std::size_t count = 0;
  std::string first_seen, last_seen;    // timestamps
  std::vector<std::string> languages;   // sorted
  std::vector<std::string> executions;  // ids, the newest first; at most kExamples
  std::vector<std::string> solved_by;   // executions of the same instruction that came later and succeeded
};

struct FailureReport {
  std::size_t executions = 0, failures = 0;
  std::vector<FailurePattern> patterns;  // the most frequent first
};

constexpr std::size_t kPatternExamples = 5;

// `executions`: newest first.
[[nodiscard]] FailureReport failure_patterns(const std::vector<StoredExecution>& executions);
[[nodiscard]] std::string error_pattern(std::string_view line);

}  // namespace rh::agent
