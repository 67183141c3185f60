// The two names of an execution: when it began, for people and sorting, and 16 random bytes, for the audit log.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runner/base/result.h"

namespace rh::agent {

struct ExecutionId {
  std::string id;        // "20261121_195012_123456": UTC, microseconds; different for each call of a process
  std::string short_id;  // 32 hex digits
  std::chrono::system_clock::time_point started;
};

[[nodiscard]] Result<ExecutionId> make_execution_id();

// "20261121_195012_123456" and nothing else: it becomes part of a file's name.
[[nodiscard]] bool is_execution_id(std::string_view text);
// What may stand for an execution: the begin of either form, letters a-f, digits and '_' only.
[[nodiscard]] bool is_execution_key(std::string_view text);

}  // namespace rh::agent
