// Names that say who made a group, so that what a dead runner left can be told from what a living one
// still needs: "runharness-<pid>-<start time of the pid>-<what>.<pid namespace>".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "sandbox/process_tree.h"

namespace rh::sandbox {

// What the leaf of a runner is called.
constexpr std::string_view kLeafName = "runner";

[[nodiscard]] std::string own_group_name(std::string_view what);
[[nodiscard]] std::string pid_namespace();  // inode number of the runner's own

// A group of ours whose runner is gone. A pid says so only in the pid namespace that gave it: the
// groups of a runner in another container, or of the one around this one, are not ours to judge.
[[nodiscard]] bool is_stale_group(std::string_view name, const ProcessTree& processes);

// Kills what is in stale groups below `parent`, then removes them. Where a dead runner had stepped aside
// (see cgroup_leaf.h), `parent` may have processes of its own again.
void sweep_stale_groups(const std::filesystem::path& parent);
// The same for the groups beside `parent`, where another job of the same service may have died.
void sweep_beside(const std::filesystem::path& parent);

}  // namespace rh::sandbox
