// Tools that judge code without running it.
#pragma once

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> validate_tools();

}  // namespace rh::agent
