// Process 1 of the tree (its subreaper where there is no pid namespace): reaps everything, reports
// the command's end, kills the rest on demand, and dies with the runner.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

[[noreturn]] void run_init(const ChildPlan& plan, int main_pid);

}  // namespace rh::sandbox
