// The threads of a process as the kernel sees them, and how much CPU time each used since the last look.
//
// The clock of the whole process is exact. What /proc/PID/task/TID/schedstat says of one thread is exact only when
// the thread has just stopped: while it runs it is charged at the kernel's tick, every 1 to 10 ms. The difference
// is given at once to the thread that most probably runs and taken back from what schedstat adds later, so that
// the sums stay right and each moment is right but for threads that run side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/unique_fd.h"

namespace rh::profiles::python {

inline constexpr std::size_t kMaxTasks = 4096;

struct Task {
  int tid = 0;              // in the host's numbering
  int inner_tid = 0;        // in the innermost PID namespace, as the process itself knows it
  std::int64_t cpu_ns = 0;  // used since the look before, as far as it can be told
  bool touched = false;     // it ran, or may have run, since the look before
  bool new_since_look = true;

  // Of the table.
  UniqueFd schedstat, syscall;
  std::int64_t charged_ns = 0;   // by the kernel so far
  std::int64_t credited_ns = 0;  // handed out as cpu_ns so far
  std::uint64_t switches = 0;    // times it was put on a CPU
  std::int64_t changed_at_ns = 0;
  bool gone = false;
};

class TaskTable {
 public:
  TaskTable(int pid, std::string proc = "/proc");

  // Finds new threads and forgets those that ended. False: the process is gone.
  [[nodiscard]] bool list();
  // Reads the clocks. `likely`: the thread that runs unless something else is known (it holds the lock).
  // False: nothing of the process ran.
  [[nodiscard]] bool look(std::int64_t now_ns, int likely_tid);
  // A thread that was listed has ended.
  [[nodiscard]] bool stale() const { return stale_; }
  // Changes when threads come or go; pointers to tasks are valid as long as it is the same.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  [[nodiscard]] std::vector<std::unique_ptr<Task>>& tasks() { return tasks_; }
  [[nodiscard]] Task* find(int tid);
  [[nodiscard]] Task* find_inner(int inner_tid);
  // The address at which a thread sleeps in futex(2); null: it does not, or that cannot be read.
  [[nodiscard]] static std::optional<std::uint64_t> futex_of(Task& task);

 private:
  void look_at_one(Task& task, std::int64_t used_ns);
  void look_at_many(std::int64_t now_ns, std::int64_t used_ns, int likely_tid);

  int pid_;
  std::string folder_;        // /proc/PID/task
  bool same_numbers_ = true;  // the process lives in our own PID namespace
  bool stale_ = false, listed_ = false;
  std::uint64_t version_ = 0;
  std::optional<std::int64_t> process_ns_;
  std::int64_t owed_ns_ = 0;  // used by the process, not yet handed out
  std::vector<std::unique_ptr<Task>> tasks_;
};

}  // namespace rh::profiles::python
