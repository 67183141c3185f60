// What the execution service does, for whoever looks for a fault in it: lines on standard error, when the configuration
// says so (execution.debug_log).
#pragma once

#include <string_view>

#include "runner/agent/config.h"
#include "runner/agent/exec/record.h"

namespace rh::agent {

void debug_begin(const AgentConfig& config, const ExecutionRecord& record, std::string_view caller);
// Every stage with its outcome and time, and how it ended.
void debug_end(const AgentConfig& config, const ExecutionRecord& record);

}  // namespace rh::agent
