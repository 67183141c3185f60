// Tools that read the audit log.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> audit_tools();

}  // namespace rh::agent
