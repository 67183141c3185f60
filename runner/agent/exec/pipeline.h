// One execution from the request to its record: generate, analyse, approve, prepare, execute, notebook, result. Each
// stage is in the record with its time; the first that stops it says so in `error`.
#pragma once

#include "runner/agent/exec/record.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"

namespace rh::agent {

// Never throws, and always comes with a record: what did not work is its error. Thread-safe.
[[nodiscard]] ExecutionRecord execute(Service& service, const CallContext& context, ExecutionRequest request);

// A record that has an id and a time and nothing else yet: for whoever runs code in another way (sessions, notebooks).
[[nodiscard]] ExecutionRecord new_record(const Service& service, const ExecutionRequest& request);

// The record as the answer of a tool: its JSON, a summary, the artifacts as attachments, the question of an approval.
[[nodiscard]] ToolAnswer answer_of(const ExecutionRecord& record, const CallContext& context);

// Where the request or the configuration wants no figures of CPU and memory, the record has none and says so.
void leave_out_metrics(ExecutionRecord& record);

// From the sandbox's Ending to what it means for the caller; fills status, error, exit code and times.
void judge_execution(ExecutionRecord& record);

}  // namespace rh::agent
