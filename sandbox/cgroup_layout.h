// Where this host's control groups are, read from mountinfo and /proc/self/cgroup: version 1
// hierarchies, version 2, or both at once (hybrid).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rh::sandbox {

// Folders of the runner's own groups; empty where there is no such hierarchy.
struct CgroupLayout {
  std::filesystem::path memory, pids, cpu, bandwidth;  // version 1 (cpu: cpuacct, bandwidth: cpu)
  std::filesystem::path unified;                       // version 2
  std::filesystem::path unified_mount;
};

[[nodiscard]] CgroupLayout read_layout(std::string_view mountinfo, std::string_view self_cgroup);

}  // namespace rh::sandbox
