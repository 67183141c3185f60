// CPU time of the threads of another process over time, for runtimes that say when they took a sample but not
// whether the thread ran: the kernel's account is laid over the samples afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runner/base/unique_fd.h"

namespace rh::profiles {

// CPU time used so far at moments in order of time; straight between them.
class CpuCurve {
 public:
  void add(std::int64_t time_ns, std::int64_t cpu_ns);
  [[nodiscard]] const std::vector<std::pair<std::int64_t, std::int64_t>>& knots() const { return knots_; }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> knots_;  // time, CPU time
};

// A moment at which a runtime looked at a thread; it stands for the `wall_ns` before it.
struct TimedSample {
  std::int64_t time_ns = 0;
  std::int64_t wall_ns = 0;
  bool idle = false;        // the runtime says that the thread waited
  bool known = false;       // filled: the curve covers the sample
  std::int64_t cpu_ns = 0;  // filled: at most wall_ns
};

// Gives each sample its part of the CPU time that the thread used while it was taken. The kernel's account is coarse
// (a running thread is charged every few milliseconds), so what was used between two knots goes to the samples that
// ran first, and to those that waited only if it does not fit. `samples` are ordered by time.
void spread_cpu(const CpuCurve& curve, std::vector<TimedSample>& samples);

// Reads /proc/PID/task/*/schedstat of one process again and again.
class ThreadClocks {
 public:
  // `start_ns`: when the process began, in the time that read() is given.
  ThreadClocks(int pid, std::int64_t start_ns, const std::string& proc = "/proc");
  // Not more often than every kReadEveryNs, however often it is called. False: the process is gone.
  [[nodiscard]] bool read(std::int64_t time_ns);
  // By the number that the thread has in its own PID namespace; null: never seen.
  [[nodiscard]] const CpuCurve* find(int inner_tid) const;

 private:
  struct Thread {
    UniqueFd schedstat;
    int inner_tid = 0;
    CpuCurve curve;
  };
  bool list_threads(std::int64_t since_ns);

  static constexpr std::int64_t kReadEveryNs = 4'000'000;  // the kernel charges a running thread at its tick
  static constexpr std::int64_t kListEveryNs = 20'000'000;
  std::string folder_;  // /proc/PID/task
  std::map<int, Thread> threads_;
  std::int64_t start_ns_;
  std::int64_t last_read_ns_, last_list_ns_;
};

// The number of a process or thread in the innermost PID namespace it lives in: the last of NSpid in `status_path`
// (/proc/PID/status); `fallback` where that cannot be read.
[[nodiscard]] int inner_id(const std::string& status_path, int fallback);

}  // namespace rh::profiles
