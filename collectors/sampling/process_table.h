// The processes of a sampled tree: found through cgroup.procs or through the children files of
// every known thread, read through kept descriptors, dropped when they are gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "collectors/sampling/kernel_file.h"

namespace rh::collectors {

constexpr std::size_t kMaxProcesses = 32768;  // of one tree; more are not read

struct TableOptions {
  int root_pid = 0;
  std::filesystem::path procs_cgroup;  // empty: recursion over children from root_pid
  std::filesystem::path proc_root = "/proc";
  bool read_memory = true;  // statm; not needed beside a memory cgroup
  bool read_cpu = true;     // CPU clocks; not needed beside a CPU cgroup
};

// A sixteenth of RLIMIT_NOFILE, at least 16 and at most 1024 processes.
[[nodiscard]] std::size_t affordable_kept_processes();

// Sums over the tree at one moment. CPU and I/O include ended processes and never fall.
struct TreeUsage {
  std::uint32_t processes = 0, threads = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t cpu_ns = 0;
  std::uint64_t read_bytes = 0, written_bytes = 0;
};

class ProcessTable {
 public:
  explicit ProcessTable(TableOptions options);
  [[nodiscard]] TreeUsage read(ReadBuffer& buffer);
  // Why I/O of some process could not be read; 0 when it always could.
  [[nodiscard]] int io_errno() const { return io_errno_; }
  [[nodiscard]] bool saw_io() const { return saw_io_; }

 private:
  struct Consumption {
    std::uint64_t cpu_ns = 0, read_bytes = 0, written_bytes = 0;
  };
  struct Process {
    KernelFile stat, statm, io;
    std::map<int, KernelFile> children;  // by thread
    std::uint32_t listed_threads = 0;    // thread count when `children` was last listed
    unsigned scans = 0;
    bool io_refused = false;
    ProcessStat last;
    Consumption used;  // own and taken over from children that it waited for
    std::uint64_t waited_ns = 0;
  };

  void discover(ReadBuffer& buffer);
  void discover_children(ReadBuffer& buffer);
  void read_children(int pid, Process& process, ReadBuffer& buffer);
  void list_threads(int pid, Process& process);
  void add(int pid);
  bool refresh(int pid, Process& process, ReadBuffer& buffer);
  void read_io(Process& process, ReadBuffer& buffer);
  [[nodiscard]] std::uint64_t own_cpu_ns(int pid, const ProcessStat& stat) const;
  [[nodiscard]] std::uint64_t resident_bytes(int pid, Process& process, ReadBuffer& buffer);
  [[nodiscard]] std::string path_of(int pid, const char* name) const;
  void settle();

  TableOptions options_;
  KernelFile procs_;
  std::map<int, Process> processes_;
  std::vector<int> order_;  // as found: parents before their children
  std::string list_;
  Consumption ended_, gained_;  // of this read: by processes that are gone, by waiting for children
  Consumption lost_;            // of ended processes whose use no living process took over
  std::uint64_t cpu_floor_ns_ = 0;
  // Processes whose descriptors are kept (about four each): a share of what this process may open.
  // The rest is opened for each read, which costs twice as much.
  std::size_t kept_processes_ = 0;
  bool real_proc_ = true;
  std::uint64_t page_bytes_ = 4096, tick_ns_ = 10'000'000;
  int io_errno_ = 0;
  bool saw_io_ = false;
};

}  // namespace rh::collectors
