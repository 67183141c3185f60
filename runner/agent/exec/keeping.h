// What stays of an execution whatever became of its code: the notebook, the record in the history, the audit log.
#pragma once

#include "runner/agent/exec/record.h"
#include "runner/agent/service.h"

namespace rh::agent {

// Where one is wanted, with a stage of its own in front of the result's. What cannot be written is a diagnostic.
void add_notebook(const Service& service, ExecutionRecord& record);

// Record and log. What cannot be written is a diagnostic of the record that is answered.
void keep(Service& service, ExecutionRecord& record);

}  // namespace rh::agent
