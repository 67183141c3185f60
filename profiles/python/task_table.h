// The threads of a process as the kernel sees them: whether each waits or runs, and the CPU time it used.
//
// A thread that stops is charged exactly at that moment; one that runs is charged at the kernel's tick, every 1 to
// 10 ms, and no clock that another process may read is finer. So what a look finds charged was used at some time
// since the last charge: cpu_shares.h lays it over the samples in between.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/unique_fd.h"

namespace rh::profiles::python {

inline constexpr std::size_t kMaxTasks = 4096;

struct Task {
  int tid = 0;        // in the host's numbering
  int inner_tid = 0;  // in the innermost PID namespace, as the process itself knows it
  // As of the last look:
  bool blocked = false;         // it waits for something; otherwise it runs or could
  bool quiet = false;           // it waits, and has not run since the look before
  std::uint64_t futex = 0;      // the address at which it waits in futex(2); 0: it does not, or that is not known
  std::int64_t charged_ns = 0;  // CPU time in all
  std::int64_t new_ns = 0;      // of it since the look before

  // Of the table.
  UniqueFd schedstat, syscall, stat;
  std::uint64_t switches = 0;  // times it was put on a CPU
  std::uint64_t quiet_looks = 0;
  bool looked = false, gone = false, ended = false;
};

class TaskTable {
 public:
  explicit TaskTable(int pid, const std::string& proc = "/proc");

  // Finds new threads and forgets those that ended. False: the process is gone.
  [[nodiscard]] bool list();
  // Looks at every thread. False: all of them wait and none has run.
  [[nodiscard]] bool look();
  // A thread that was listed has ended.
  [[nodiscard]] bool stale() const { return stale_; }
  // Changes when threads come or go; pointers to tasks are valid as long as it is the same.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  [[nodiscard]] std::vector<std::unique_ptr<Task>>& tasks() { return tasks_; }
  [[nodiscard]] Task* find(int tid);
  [[nodiscard]] Task* find_inner(int inner_tid);

 private:
  void look_at(Task& task);
  static void read_state(Task& task);

  std::string folder_;        // /proc/PID/task
  bool same_numbers_ = true;  // the process lives in our own PID namespace
  bool stale_ = false, listed_ = false;
  std::uint64_t version_ = 0, looks_ = 0;
  std::vector<std::unique_ptr<Task>> tasks_;
};

// "run time, wait time, times put on a CPU" of /proc/PID/task/TID/schedstat; false: not that.
[[nodiscard]] bool parse_schedstat(std::string_view line, std::int64_t& charged_ns, std::uint64_t& switches);
// /proc/PID/task/TID/syscall: the address of a futex(2) that the thread waits in, else 0.
[[nodiscard]] std::uint64_t parse_futex(std::string_view line);

}  // namespace rh::profiles::python
