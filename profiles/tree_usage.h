// CPU, memory, processes and threads of the recorded tree over time, and the peak of its memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "profiles/proc_file.h"
#include "runner/model/profile.h"

namespace rh::profiles {

class TreeUsage {
 public:
  explicit TreeUsage(model::Profile& profile) : profile_(profile) {}

  void add(int pid);
  void remove(int pid);
  // One row of the timeline. `stacks_now` is asked only when the memory stands higher than ever before.
  using Stacks = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  void sample(std::int64_t time_ns, const std::function<Stacks()>& stacks_now);
  // The largest RSS of a process as far as it was read, and its CPU time.
  [[nodiscard]] std::uint64_t peak_rss(int pid) const;
  [[nodiscard]] std::uint64_t cpu_ns(int pid) const;
  // Completes the peak. `max_rss_bytes`: the kernel's own maximum of the root (0: of no use).
  void finish(std::uint64_t max_rss_bytes);

 private:
  struct Process {
    ProcFile statm;
    UniqueFd tasks;       // /proc/PID/task
    clockid_t clock = 0;  // CPU time of the process
    std::uint64_t rss = 0, high_water = 0, cpu_ns = 0;
    std::uint32_t threads = 0;
    bool real = true;
  };
  struct Ended {
    std::uint64_t high_water = 0, cpu_ns = 0;
  };
  static void read(Process& process);
  [[nodiscard]] std::uint64_t shared_once() const;
  void note_peak(std::int64_t time_ns, std::uint64_t rss, std::uint64_t pss, const std::function<Stacks()>& stacks_now);

  model::Profile& profile_;
  std::unordered_map<int, Process> processes_;
  std::unordered_map<int, Ended> ended_;
  std::uint64_t ended_cpu_ns_ = 0;
  std::uint64_t peak_bytes_ = 0, peak_rss_sum_ = 0;
  std::size_t most_processes_ = 0;
  bool peak_is_pss_ = false;
  std::int64_t pss_not_before_ns_ = 0, high_water_not_before_ns_ = 0;
};

}  // namespace rh::profiles
