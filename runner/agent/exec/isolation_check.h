// Can code be isolated on this host at all? Asked before every run, because a launcher isolates as far as it can and
// would start a command without what the host does not give.
#pragma once

#include "runner/agent/service.h"

namespace rh::agent {

// Makes the namespaces that a sandbox begins with, in a process that does nothing: some 100 microseconds. Only where
// they are refused, the launcher probes what else the host has.
[[nodiscard]] bool can_isolate(Service& service);

// The sandbox of a run had to be set up anew: from now on every run is checked by what the launcher found.
[[nodiscard]] bool can_isolate_after_failure(Service& service);

}  // namespace rh::agent
