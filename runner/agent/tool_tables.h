// The tables that make up the list of tools; each stands in the folder of what it offers.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

using ToolTable = std::vector<ToolRow> (*)();

[[nodiscard]] const std::vector<ToolTable>& tool_tables();

}  // namespace rh::agent
