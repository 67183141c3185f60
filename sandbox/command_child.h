// The command's own process, from its clone to its exec.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

// Returns only by exec or exit. `report` lies in init's memory and is filled in when a step fails.
[[noreturn]] void run_command(const ChildPlan& plan, InitMessage& report);

}  // namespace rh::sandbox
