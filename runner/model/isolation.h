// What of the sandbox was asked for, what is enforced, and why not the rest.
#pragma once

#include <string>
#include <vector>

namespace rh::model {

enum class IsolationLevel { none, contained, strict };

enum class MechanismState {
  enforced,
  degraded,  // a weaker means is in force; `reason` says which and why
  refused,   // asked for and not in force at all
  not_requested,
};

struct IsolationRow {
  std::string mechanism;  // "user namespace", "read-only root", "memory limit", "network", ...
  std::string requested;  // "yes", "512 MiB", "none", ...
  MechanismState state = MechanismState::not_requested;
  std::string detail;  // by what it was done: "cgroup v1 memory.limit_in_bytes"
  std::string reason;  // why degraded or refused, and what an administrator could do
};

struct IsolationReport {
  IsolationLevel requested = IsolationLevel::contained;
  IsolationLevel reached = IsolationLevel::none;
  std::vector<IsolationRow> rows;
};

}  // namespace rh::model
