// Tools about approvals. Deciding is for people: those tools are commands, never offered over MCP.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> approval_tools();

}  // namespace rh::agent
