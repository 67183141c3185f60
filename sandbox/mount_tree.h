// Carries out the mount part of a plan inside the child's own mount namespace.
#pragma once

#include "sandbox/child_plan.h"

namespace rh::sandbox {

// In the child, with all capabilities of its own user namespace.
void build_mount_tree(ChildPlan& plan);

}  // namespace rh::sandbox
