#include "runner/agent/tool_tables.h"

namespace rh::agent {

const std::vector<ToolTable>& tool_tables() {
  static const std::vector<ToolTable> tables{};
  return tables;
}

}  // namespace rh::agent
