#include "runner/agent/service.h"

#include "runner/engine/caller_secrets.h"

namespace rh::agent {

Service::Service(AgentConfig config, ServicePaths paths, model::Environment environment)
    : config_(std::move(config)),
      paths_(std::move(paths)),
      host_(std::move(environment)),
      secrets_(engine::caller_secrets(host_.environment(), {})) {}

Service::~Service() = default;

sandbox::Launcher& Service::launcher() {
  const std::lock_guard lock(mutex_);
  if (!launcher_) launcher_ = sandbox::make_launcher();
  return *launcher_;
}

}  // namespace rh::agent
