// Work that stopped for an approval goes on from where it stopped.
#pragma once

#include "runner/agent/approval/approval_store.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

// Runs what the approval is for: the one execution, or the rest of its pipeline.
[[nodiscard]] ToolAnswer resume_approved(Service& service, const CallContext& context, const Approval& approval);

}  // namespace rh::agent
