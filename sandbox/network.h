// The network namespace: nothing in it but a loopback interface. The kernel takes a third of a
// millisecond to make one, so a helper process makes it while init builds the file tree.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

// In init's memory; the helper, which shares it and the descriptors, fills it in.
struct NetworkMaking {
  int helper_pid = -1;
  int namespace_fd = -1;
  Stage stage = Stage::network_namespace;  // where `error` came from
  int error = 0;
};

// In init: starts the helper. Gives up when that fails.
void start_network(const ChildPlan& plan, NetworkMaking& making);
// Waits for the helper and enters the namespace.
void join_network(const ChildPlan& plan, NetworkMaking& making);

}  // namespace rh::sandbox
