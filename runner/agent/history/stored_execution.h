// What lists show of a stored execution, from its JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runner/agent/history/execution_store.h"

namespace rh::agent {

// Absent: the text is no record of an execution. The members about the file are left alone.
[[nodiscard]] std::optional<StoredExecution> describe_execution(std::string_view json_text);

}  // namespace rh::agent
