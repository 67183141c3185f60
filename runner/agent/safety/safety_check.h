// May code be run at all here, and would it be wise? Both are asked before anything is generated, validated or started.
#pragma once

#include <string>
#include <vector>

#include "runner/agent/exec/request.h"
#include "runner/agent/tool.h"

namespace rh::agent {

struct Concern {
  std::string id;       // "production", "no_sandbox": stable
  std::string message;  // one sentence
  bool blocks = false;  // running it anyway is refused
};

// What a caller says about those whose code it is.
struct Audience {
  bool public_facing = false;  // strangers reach it
  bool untrusted = false;      // nobody has read the code
};

// Everything against running this request here, the grave ones first. Tries a sandbox; starts no code.
[[nodiscard]] std::vector<Concern> concerns_of(Service& service, const ExecutionRequest& request,
                                               const Audience& audience = {});
// Their messages.
[[nodiscard]] std::vector<std::string> safety_concerns(Service& service, const ExecutionRequest& request);

// not_enabled, production_execution_blocked, safety_check_failed with what blocks, or none. Cheap.
struct Permission {
  ErrorKind error = ErrorKind::none;
  std::string message;                // what to do about it
  std::vector<std::string> concerns;  // of safety_check_failed
};
[[nodiscard]] Permission permission_to_run(const Service& service, const CallContext& context,
                                           const ExecutionRequest& request);
// `enable` and `allow_production` as far as they count: over MCP it is the caller who is not trusted, so that it may
// lift for its call only what the owner of the server lets callers lift (execution.caller_may).
void withhold_rights(const AgentConfig& config, const CallContext& context, ExecutionRequest& request);

// safety_check and execution_options.
[[nodiscard]] std::vector<ToolRow> safety_tools();

}  // namespace rh::agent
