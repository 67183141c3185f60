// Packages that a program needs are installed before it is started, in a sandbox of their own with a network of their
// own (execution.install_network): what installing runs has the network and not the program's data, the program the
// reverse.
#pragma once

#include "runner/agent/exec/programs.h"

namespace rh::agent {

// Installs what request.packages and request.requirements name, into the run's folder or, with package_cache, into a
// folder of the state named by what it was made from and read-only for everybody. process: an install failed; the
// error's subject names the packages. Nothing to do: an empty answer.
[[nodiscard]] Result<PreparedPackages> prepare_packages(Service& service, const CallContext& context,
                                                        const ExecutionRequest& request, const RunSettings& settings,
                                                        const FoundRuntime& found, WorkFolder& folder);

}  // namespace rh::agent
