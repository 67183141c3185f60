// Stages of code, one after the other: each finds what the one before it printed, gave and left behind, and the whole
// stands on disk after each of them, so that it goes on from there after an interruption or an approval.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/exec/request.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"
#include "runner/base/result.h"

namespace rh::agent {

// What a stage prints is kept whole up to this, for the next one; answers hold as much as other executions.
constexpr std::uint64_t kMaxStageOutputBytes = 16ULL << 20;
constexpr std::uint64_t kMaxHandedOnBytes = 64ULL << 20;  // of files that a stage leaves behind

// `arguments`: {"name", "stages": [{"name", ...of execute_code}], ...of execute_code, for all stages}.
[[nodiscard]] ToolAnswer run_pipeline(Service& service, const CallContext& context, const nlohmann::json& arguments);
// From the first stage that is not completed.
[[nodiscard]] ToolAnswer resume_pipeline(Service& service, const CallContext& context, const std::string& key,
                                         const nlohmann::json& allowed);
// "enable" and "allow_prod" of whoever goes on with work that another began.
void allow(ExecutionRequest& request, const nlohmann::json& allowed);
// The id of the pipeline that stopped for this approval; empty: none did.
[[nodiscard]] Result<std::string> pipeline_waiting_for(Service& service, const std::string& approval_id);

}  // namespace rh::agent
