// What a run would do, without running anything: findings, packages, limits, and whether a person has to approve it.
#pragma once

#include "runner/agent/exec/request.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] ToolRow plan_tool();
[[nodiscard]] ToolAnswer plan_execution(Service& service, const CallContext& context, const ExecutionRequest& request);

}  // namespace rh::agent
