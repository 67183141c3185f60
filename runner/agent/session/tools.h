// Tools about sessions, and the prompt over one.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> session_tools();

}  // namespace rh::agent
