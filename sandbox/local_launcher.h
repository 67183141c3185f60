// The launcher that runs commands on this machine.
#pragma once

#include <memory>

#include "sandbox/host.h"
#include "sandbox/sandbox.h"

namespace rh::sandbox {

// make_launcher() with mechanisms switched off: tests see what a poorer host would do.
[[nodiscard]] std::unique_ptr<Launcher> make_local_launcher(const HostSwitches& switches);

}  // namespace rh::sandbox
