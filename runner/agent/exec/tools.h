// Tools that run code: execute_code (`runharness exec`), and one for each of the languages that callers name by itself.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> exec_tools();

// The arguments that every way of running code has; tools that add their own begin with these.
[[nodiscard]] std::vector<ArgumentRow> execution_arguments();
// The JSON schema of an execution record: docs/formats/execution-record.schema.json.
[[nodiscard]] std::string_view record_schema();

}  // namespace rh::agent
