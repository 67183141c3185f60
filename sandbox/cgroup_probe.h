// Where on this host a runner may make control groups, and for each promise that needs one why it
// cannot be kept.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sandbox/cgroup_layout.h"
#include "sandbox/cgroup_names.h"

namespace rh::sandbox {

class RunnerLeaf;

// For people: the kernel's refusal and what an administrator would do about it.
struct CgroupReasons {
  std::string memory, pids, cpu, bandwidth, unified;
};

// Folders in which groups may be made; empty where there is none.
struct CgroupHost {
  std::filesystem::path memory_v1, pids_v1, cpu_v1, bandwidth_v1;
  std::filesystem::path unified;
  bool unified_memory = false, unified_pids = false, unified_bandwidth = false;
  std::string reason;                // why there is nothing at all
  CgroupReasons missing;             // of each promise by itself
  std::shared_ptr<RunnerLeaf> leaf;  // the runner has moved out of the way of its groups
};

// Looks at every hierarchy and removes groups that dead runners left behind. Nothing is made but a
// leaf for the runner where that is needed: the groups of the first run are the trial.
[[nodiscard]] CgroupHost probe_cgroups(const CgroupLayout& layout);
// Removes the groups that dead runners left, with what still runs in them.
void sweep_groups(const CgroupHost& host);

}  // namespace rh::sandbox
