// Blocks of code, or script files, in order and in one state, with a result for each.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

constexpr std::size_t kMaxBatchBlocks = 1000;

// `arguments`: {"blocks": [...], "paths": [...], "stop_on_error", ...of execute_code}. Languages that are compiled have
// no state to share: each of their blocks is a program of its own.
[[nodiscard]] ToolAnswer run_batch(Service& service, const CallContext& context, const nlohmann::json& arguments);

}  // namespace rh::agent
