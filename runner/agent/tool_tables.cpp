#include "runner/agent/tool_tables.h"

#include "runner/agent/approval/tools.h"
#include "runner/agent/audit/tools.h"
#include "runner/agent/custom/custom_tools.h"
#include "runner/agent/demo/demo.h"
#include "runner/agent/deps/dependencies.h"
#include "runner/agent/exec/tools.h"
#include "runner/agent/generate/generate.h"
#include "runner/agent/help/error_help.h"
#include "runner/agent/history/tools.h"
#include "runner/agent/pipeline_runs/tools.h"
#include "runner/agent/project/project.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/session/tools.h"
#include "runner/agent/validate/tools.h"

namespace rh::agent {

const std::vector<ToolTable>& tool_tables() {
  static const std::vector<ToolTable> tables{
      exec_tools, validate_tools, approval_tools, session_tools, pipeline_tools,   history_tools, audit_tools,
      deps_tools, help_tools,     demo_tools,     project_tools, generation_tools, safety_tools,  custom_tools,
  };
  return tables;
}

}  // namespace rh::agent
