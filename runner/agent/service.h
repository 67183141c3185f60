// What the tools share: configuration, the sandbox, and the stores below .runharness/agent. One for a command, one for
// the life of a server; thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "runner/agent/config.h"
#include "runner/base/redact.h"
#include "runner/base/result.h"
#include "runner/engine/machine_host.h"
#include "sandbox/sandbox.h"

namespace rh::agent {

class ApprovalStore;
class AuditLog;
class Telemetry;
class ExecutionStore;
class SessionManager;

struct ServicePaths {
  std::filesystem::path project;  // the folder that is served
  std::filesystem::path state;    // .runharness/agent below it, or as configured
  std::filesystem::path program;  // the runharness executable, for commands that run on their own
};

// Who can reach a server; told by it before its first call.
struct Exposure {
  std::string address;          // "0.0.0.0:8080"; empty: standard streams
  bool public_address = false;  // beyond this machine
  bool token = false;           // callers have to show one
};

class Service {
 public:
  Service(AgentConfig config, ServicePaths paths, model::Environment environment);
  ~Service();
  Service(const Service&) = delete;

  [[nodiscard]] const AgentConfig& config() const { return config_; }
  [[nodiscard]] const ServicePaths& paths() const { return paths_; }
  [[nodiscard]] const engine::MachineHost& host() const { return host_; }
  [[nodiscard]] const Secrets& secrets() const { return *secrets_; }
  [[nodiscard]] const Exposure& exposure() const { return exposure_; }
  void expose(Exposure exposure) { exposure_ = std::move(exposure); }

  // Made when they are asked for first; opening a store must not cost a call that does not use it.
  [[nodiscard]] sandbox::Launcher& launcher();
  [[nodiscard]] ExecutionStore& executions();
  [[nodiscard]] AuditLog& audit();
  [[nodiscard]] Telemetry& telemetry();
  [[nodiscard]] ApprovalStore& approvals();
  [[nodiscard]] SessionManager& sessions();
  // Key, approvals and audit log (audit/private_folder.h): sandboxes hide it.
  [[nodiscard]] Result<std::filesystem::path> private_folder();

 private:
  AgentConfig config_;
  ServicePaths paths_;
  Exposure exposure_;
  engine::MachineHost host_;
  std::shared_ptr<const Secrets> secrets_;
  std::mutex mutex_;
  std::unique_ptr<sandbox::Launcher> launcher_;
  std::unique_ptr<ExecutionStore> executions_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<ApprovalStore> approvals_;
  std::unique_ptr<SessionManager> sessions_;  // last: sessions use the launcher until they end
};

}  // namespace rh::agent
