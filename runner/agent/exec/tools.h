// Tools that run code: execute_code (`runharness exec`), and one for each of the languages that callers name by itself.
#pragma once

#include <optional>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/exec/request.h"
#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> exec_tools();

// The arguments that every way of running code has; tools that add their own begin with these.
[[nodiscard]] std::vector<ArgumentRow> execution_arguments();
// The request in the arguments of a call, with its approval; over MCP only files of the folder that is served are read.
// `problem` is the answer where there is no request.
struct CalledRequest {
  std::optional<ExecutionRequest> request;
  ToolAnswer problem;
};
[[nodiscard]] CalledRequest request_of_call(const Service& service, const CallContext& context,
                                            const nlohmann::json& arguments);
// The JSON schema of an execution record: docs/formats/execution-record.schema.json.
[[nodiscard]] std::string_view record_schema();

}  // namespace rh::agent
