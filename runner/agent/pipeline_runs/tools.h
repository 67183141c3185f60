// Tools that run several pieces of code: execute_batch, run_pipeline and its kin, extract_results.
#pragma once

#include <vector>

#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] std::vector<ToolRow> pipeline_tools();

}  // namespace rh::agent
