// Control groups of one run: made, limited, read, killed and removed here.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/limits.h"
#include "sandbox/cgroup_probe.h"

namespace rh::sandbox {

class RunCgroup {
 public:
  // Makes the groups and sets the limits; a group that cannot be made is left out and its problem says why.
  RunCgroup(const CgroupHost& host, const std::string& name, const model::Limits& limits);
  RunCgroup(const RunCgroup&) = delete;
  RunCgroup& operator=(const RunCgroup&) = delete;
  // Again, for groups that were made before the limits of their run were known.
  void set_limits(const model::Limits& limits);
  ~RunCgroup();  // kills what is left in the groups and removes them

  [[nodiscard]] std::vector<UniqueFd> open_v1_tasks() const;  // the child writes "0" to each
  [[nodiscard]] UniqueFd open_unified() const;                // for CLONE_INTO_CGROUP
  // Readable when the kernel's OOM killer begins its work in a version 1 group; else not valid. In a
  // version 2 group the kernel ends the whole tree by itself.
  [[nodiscard]] UniqueFd open_oom_event() const;

  [[nodiscard]] const std::filesystem::path& memory() const { return memory_.folder; }
  [[nodiscard]] const std::filesystem::path& cpu() const { return cpu_.folder; }
  [[nodiscard]] const std::filesystem::path& procs() const { return procs_; }
  [[nodiscard]] bool memory_v2() const { return !memory_.folder.empty() && memory_.folder == unified_; }
  [[nodiscard]] bool cpu_v2() const { return !cpu_.folder.empty() && cpu_.folder == unified_; }
  [[nodiscard]] bool bandwidth_v2() const { return !bandwidth_.folder.empty() && bandwidth_.folder == unified_; }
  [[nodiscard]] bool limits_memory() const { return memory_.limited; }
  [[nodiscard]] bool limits_pids() const { return pids_.limited; }
  [[nodiscard]] bool limits_bandwidth() const { return bandwidth_.limited; }
  [[nodiscard]] bool limits_swap() const { return swap_limited_; }
  [[nodiscard]] bool can_kill() const { return can_kill_; }
  // Why a promise is not kept by a group, and what would allow it; empty when it is.
  [[nodiscard]] const std::string& memory_problem() const { return memory_.problem; }
  [[nodiscard]] const std::string& pids_problem() const { return pids_.problem; }
  [[nodiscard]] const std::string& cpu_problem() const { return cpu_.problem; }
  [[nodiscard]] const std::string& bandwidth_problem() const { return bandwidth_.problem; }
  [[nodiscard]] const std::string& problem() const { return unified_problem_; }  // of the cgroup2 group

  bool kill() const;  // every process at once; false where the kernel cannot
  [[nodiscard]] std::vector<int> pids() const;

  struct Cpu {
    std::chrono::nanoseconds user{}, system{};
  };
  [[nodiscard]] std::optional<Cpu> cpu_used() const;
  [[nodiscard]] const char* cpu_source() const { return unified_.empty() ? "cgroup v1 cpuacct" : "cgroup v2 cpu.stat"; }
  [[nodiscard]] std::optional<std::uint64_t> memory_peak() const;
  // Processes of the tree that the kernel killed for want of memory.
  [[nodiscard]] std::optional<std::uint64_t> oom_kills() const;
  [[nodiscard]] const char* oom_source() const {
    return memory_v2() ? "cgroup v2 memory.events" : "cgroup v1 memory.oom_control";
  }
  [[nodiscard]] std::optional<std::uint64_t> pids_refused() const;
  [[nodiscard]] std::optional<std::uint64_t> pids_peak() const;
  // Processes have been refused, and the tree is about as large as it may be: a fork bomb whose
  // refused processes die shrinks before it grows again.
  [[nodiscard]] bool pids_exhausted() const;

 private:
  struct Part {
    std::filesystem::path folder;  // empty: no such group
    bool limited = false;
    std::string problem;
  };
  void make_v1(const CgroupHost& host, const std::string& name, bool bandwidth);
  void make_unified(const CgroupHost& host, const std::string& name);
  void limit_memory(std::uint64_t bytes);
  void limit_bandwidth(double cores);
  static bool set(Part& part, const char* file, std::string_view value);

  std::filesystem::path unified_, procs_;
  Part memory_, pids_, cpu_, bandwidth_;
  std::vector<std::filesystem::path> made_;
  bool swap_limited_ = false, can_kill_ = false;
  std::string unified_problem_;
};

}  // namespace rh::sandbox
