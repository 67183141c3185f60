// Tools about stored executions: list, get, clear, and what can be learned from them.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> history_tools();

}  // namespace rh::agent
