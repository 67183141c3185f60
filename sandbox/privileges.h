// Capabilities and no_new_privs: what the child gives up before the command's process exists.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

// In the child: empties all five capability sets for good and sets no_new_privs.
void drop_privileges(const ChildPlan& plan);

}  // namespace rh::sandbox
