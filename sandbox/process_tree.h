// The processes of a run as the host sees them in /proc, where no control group lists or counts them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rh::sandbox {

// Reads `<proc>/<pid>/...`; tests give it a folder of their own.
class ProcessTree {
 public:
  explicit ProcessTree(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // All descendants of `root`, without `root`; parents before children.
  [[nodiscard]] std::vector<int> descendants(int root) const;
  [[nodiscard]] std::vector<int> children(int pid) const;
  // Not a zombie whose threads are all gone.
  [[nodiscard]] bool alive(int pid) const;
  [[nodiscard]] std::string command_line(int pid) const;  // blanks between arguments, bounded

  [[nodiscard]] std::chrono::nanoseconds cpu_time(int pid) const;         // of the process, without its children
  [[nodiscard]] std::chrono::nanoseconds reaped_cpu_time(int pid) const;  // of its waited-for children
  [[nodiscard]] std::uint64_t resident_bytes(int pid) const;
  // Proportional share, swap and page tables: what the process truly costs. Expensive.
  [[nodiscard]] std::uint64_t charged_bytes(int pid) const;
  [[nodiscard]] std::uint64_t threads(int pid) const;

 private:
  [[nodiscard]] std::optional<std::string> read(int pid, std::string_view file) const;
  [[nodiscard]] std::vector<std::uint64_t> stat_fields(int pid) const;
  std::string proc_;
};

}  // namespace rh::sandbox
