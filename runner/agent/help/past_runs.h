// Figures of a stored execution.
#pragma once

#include "runner/agent/help/error_help.h"

namespace rh::agent {

[[nodiscard]] ToolAnswer last_metrics(Service& service, const CallContext& context, const nlohmann::json& arguments);

}  // namespace rh::agent
