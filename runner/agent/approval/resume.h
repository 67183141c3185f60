// Work that stopped for an approval goes on from where it stopped.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/approval/approval_store.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

// Runs what the approval is for: the one execution, or the rest of its pipeline.
// `allowed`: "enable" and "allow_prod" of whoever resumes it.
[[nodiscard]] ToolAnswer resume_approved(Service& service, const CallContext& context, const Approval& approval,
                                         const nlohmann::json& allowed);

}  // namespace rh::agent
