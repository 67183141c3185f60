#include "runner/agent/service.h"

#include "runner/agent/approval/approval_store.h"
#include "runner/agent/audit/audit_log.h"
#include "runner/agent/audit/private_folder.h"
#include "runner/agent/exec/interpreter_pool.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/session/session_manager.h"
#include "runner/agent/telemetry/telemetry.h"
#include "runner/engine/caller_secrets.h"

namespace rh::agent {

Service::Service(AgentConfig config, ServicePaths paths, model::Environment environment)
    : config_(std::move(config)),
      paths_(std::move(paths)),
      host_(std::move(environment)),
      secrets_(engine::caller_secrets(host_.environment(), {})) {}

Service::~Service() { forget_interpreters(*this); }

sandbox::Launcher& Service::launcher() {
  const std::lock_guard lock(mutex_);
  if (!launcher_) launcher_ = sandbox::make_launcher();
  return *launcher_;
}

ExecutionStore& Service::executions() {
  const std::lock_guard lock(mutex_);
  if (!executions_) executions_ = std::make_unique<ExecutionStore>(config_.executions_folder, secrets_);
  return *executions_;
}

Result<std::filesystem::path> Service::private_folder() {
  return make_private_folder(host_.environment(), paths_.project);
}

AuditLog& Service::audit() {
  const std::lock_guard lock(mutex_);
  if (!audit_) audit_ = std::make_unique<AuditLog>(private_folder(), secrets_, AuditSync::each_second);
  return *audit_;
}

ApprovalStore& Service::approvals() {
  AuditLog& log = audit();
  const std::lock_guard lock(mutex_);
  if (!approvals_) approvals_ = std::make_unique<ApprovalStore>(private_folder(), &log);
  return *approvals_;
}

SessionManager& Service::sessions() {
  const std::lock_guard lock(mutex_);
  if (!sessions_) sessions_ = std::make_unique<SessionManager>(*this);
  return *sessions_;
}

Telemetry& Service::telemetry() {
  const std::lock_guard lock(mutex_);
  if (!telemetry_) telemetry_ = std::make_unique<Telemetry>(config_.telemetry, host_.environment(), paths_.program);
  return *telemetry_;
}

}  // namespace rh::agent
