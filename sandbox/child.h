// The child's side of a launch: carries out a ChildPlan, then becomes the tree's init.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

// Called in the new process right after clone3; never returns.
[[noreturn]] void run_child(ChildPlan& plan);

// Sends one record to the runner.
void tell(const ChildPlan& plan, const InitMessage& message);
// Waits for one order; ends the process when the runner is gone or gives another.
void await(const ChildPlan& plan, InitCommand what);
// Reports a failed set-up and ends the child.
[[noreturn]] void give_up(const ChildPlan& plan, Stage stage, int error, int index = -1);

}  // namespace rh::sandbox
