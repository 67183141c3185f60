// The process that becomes the command: session, streams, limits, filters, exec.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

// Runs in the child of init; `report_fd` closes on exec, or takes one InitMessage when exec fails.
[[noreturn]] void run_command(const ChildPlan& plan, int report_fd);

}  // namespace rh::sandbox
