// Code on the Jupyter server that container.jupyter_host names, by runharness-jupyter: the same record as that of a run
// in the sandbox of this machine. What is not known of a server, such as its limits, CPU and memory, stays unknown.
#pragma once

#include "runner/agent/exec/record.h"
#include "runner/agent/exec/work_folder.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

// The configuration names a server, and the method is the one of isolated runs.
[[nodiscard]] bool runs_on_jupyter(const AgentConfig& config, ExecutionMethod method);

// Fills streams, status, error, times and runtime of the record, and `folder` with what the code made.
void run_on_jupyter(Service& service, const CallContext& context, WorkFolder& folder, ExecutionRecord& record);

}  // namespace rh::agent
