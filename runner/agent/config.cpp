#include "runner/agent/config.h"

namespace rh::agent {

Result<AgentConfig> load_agent_config(const ConfigSources& sources) {
  AgentConfig config;
  config.executions_folder = sources.project / ".runharness/agent/executions";
  return config;
}

}  // namespace rh::agent
