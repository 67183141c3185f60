// A pipeline from the arguments of its tool, and as its answer.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/pipeline_runs/pipeline_store.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] Result<PipelineState> pipeline_of_arguments(const nlohmann::json& arguments);

// {success, pipeline_id, status, error, stages[{name, status, execution_id, approval_id, record}]}.
[[nodiscard]] ToolAnswer pipeline_answer(const Service& service, const PipelineState& state, ErrorKind error,
                                         const std::string& message);
// One line of a list.
[[nodiscard]] std::string pipeline_line(const PipelineState& state);

}  // namespace rh::agent
