// Control groups of one run: made, limited, read, killed and removed here.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/limits.h"
#include "sandbox/cgroup_layout.h"

namespace rh::sandbox {

// Folders in which this runner may make groups, found by making one. Empty: not there, and why.
struct CgroupHost {
  std::filesystem::path memory_v1, pids_v1, cpu_v1;
  std::filesystem::path unified;
  bool unified_memory = false, unified_pids = false, unified_kill = false;
  std::string reason;  // why something is missing
  [[nodiscard]] bool limits_memory() const { return !memory_v1.empty() || unified_memory; }
  [[nodiscard]] bool limits_pids() const { return !pids_v1.empty() || unified_pids; }
  [[nodiscard]] bool counts_cpu() const { return !cpu_v1.empty() || !unified.empty(); }
};

// Tries every hierarchy, and removes groups that dead runners left behind.
[[nodiscard]] CgroupHost probe_cgroups(const CgroupLayout& layout);

// "runharness-<pid>-<what>.<pid namespace>": who made a group, so that what a dead runner left can be
// told from the groups of a living one in another pid namespace.
[[nodiscard]] std::string own_group_name(std::string_view what);
[[nodiscard]] std::string pid_namespace();  // inode number of the runner's own

class RunCgroup {
 public:
  // Makes the groups and sets the limits; a group that cannot be made is left out and `problem` says why.
  RunCgroup(const CgroupHost& host, const std::string& name, const model::Limits& limits);
  RunCgroup(const RunCgroup&) = delete;
  RunCgroup& operator=(const RunCgroup&) = delete;
  // Again, for groups that were made before the limits of their run were known.
  void set_limits(const model::Limits& limits);
  ~RunCgroup();  // kills what is left in the groups and removes them

  [[nodiscard]] std::vector<UniqueFd> open_v1_tasks() const;  // the child writes "0" to each
  [[nodiscard]] UniqueFd open_unified() const;                // for CLONE_INTO_CGROUP

  [[nodiscard]] const std::filesystem::path& memory() const { return memory_; }
  [[nodiscard]] const std::filesystem::path& cpu() const { return cpu_; }
  [[nodiscard]] const std::filesystem::path& procs() const { return procs_; }
  [[nodiscard]] bool memory_v2() const { return !memory_.empty() && memory_ == unified_; }
  [[nodiscard]] bool cpu_v2() const { return !cpu_.empty() && cpu_ == unified_; }
  [[nodiscard]] bool limits_memory() const { return memory_limited_; }
  [[nodiscard]] bool limits_pids() const { return pids_limited_; }
  [[nodiscard]] bool limits_swap() const { return swap_limited_; }
  [[nodiscard]] bool can_kill() const { return can_kill_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

  bool kill() const;  // every process at once; false where the kernel cannot
  [[nodiscard]] std::vector<int> pids() const;

  struct Cpu {
    std::chrono::nanoseconds user{}, system{};
  };
  [[nodiscard]] std::optional<Cpu> cpu_used() const;
  [[nodiscard]] const char* cpu_source() const { return unified_.empty() ? "cgroup v1 cpuacct" : "cgroup v2 cpu.stat"; }
  [[nodiscard]] std::optional<std::uint64_t> memory_peak() const;
  [[nodiscard]] std::optional<std::uint64_t> oom_kills() const;
  [[nodiscard]] std::optional<std::uint64_t> pids_refused() const;
  [[nodiscard]] std::optional<std::uint64_t> pids_peak() const;

 private:
  void make_v1(const CgroupHost& host, const std::string& name);
  void make_unified(const CgroupHost& host, const std::string& name);
  void limit_memory_v1(std::uint64_t bytes);
  void limit_memory_v2(std::uint64_t bytes);
  bool set(const std::filesystem::path& file, std::string_view value);

  std::filesystem::path memory_, pids_, cpu_, unified_, procs_;
  std::vector<std::filesystem::path> made_;
  bool memory_limited_ = false, pids_limited_ = false, swap_limited_ = false, can_kill_ = false;
  std::string problem_;
};

}  // namespace rh::sandbox
