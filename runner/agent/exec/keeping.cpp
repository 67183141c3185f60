#include "runner/agent/exec/keeping.h"

#include <algorithm>

#include "runner/agent/audit/audit_log.h"
#include "runner/agent/exec/stage_clock.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/notebook/run.h"

namespace rh::agent {

// The notebook stands before the result, although it holds the result.
void add_notebook(const Service& service, ExecutionRecord& record) {
  if (!wants_notebook(service, record)) return;
  {
    StageClock stage(record, "notebook");
    if (const auto done = finish_notebook(service, record); !done) {
      stage.end("failed", done.error().message());
      record.diagnostics.push_back({model::Severity::warning, "notebook-not-written", done.error().message(), {}, {}});
    }
  }
  const auto result = std::find_if(record.stages.begin(), record.stages.end(),
                                   [](const Stage& stage) { return stage.name == "result"; });
  if (result != record.stages.end()) std::rotate(result, record.stages.end() - 1, record.stages.end());
}

void keep(Service& service, ExecutionRecord& record) {
  if (record.request.save_execution.value_or(service.config().save_executions))
    if (const auto saved = service.executions().save(record); !saved)
      record.diagnostics.push_back({model::Severity::warning, "execution-not-saved", saved.error().message(), {}, {}});
  if (const auto logged = service.audit().after(record); !logged)
    record.diagnostics.push_back({model::Severity::warning, "audit-incomplete", logged.error().message(), {}, {}});
}

}  // namespace rh::agent
