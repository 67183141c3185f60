// A root of the command's own: an empty file system that copies of the planned tree are attached to, so that what was
// not granted is not merely read-only but absent, and folders can have other names than on the host.
#pragma once

#include "sandbox/mount_plan.h"

namespace rh::sandbox {

// plan_mounts, and the steps that make the root of what it shows.
[[nodiscard]] MountPlan plan_own_root(const FilesystemPolicy& policy, const MountOptions& options);

}  // namespace rh::sandbox
