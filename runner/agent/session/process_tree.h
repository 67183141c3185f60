// Signals to the code of a session: as a terminal's Ctrl-C, to all of its processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace rh::agent {

// `pid` and everything that descends from it, children last.
[[nodiscard]] std::vector<int> process_tree(int pid);
// SIGINT to the descendants first, then to `pid`: a shell that waits for a child acts when that has ended.
void interrupt_tree(int pid);

// SIGKILL to the descendants of `pid` that began after `since` (CLOCK_BOOTTIME), but for `spared`: what a call left
// behind that was broken off. Shells let what runs in the background ignore an interrupt.
void end_processes_since(int pid, int spared, std::chrono::nanoseconds since);
[[nodiscard]] std::chrono::nanoseconds time_since_boot();

struct ProcessFigures {
  std::chrono::nanoseconds cpu{0};
  std::optional<std::uint64_t> memory_bytes, peak_memory_bytes;
};
// Of all processes that are there now: CPU time and memory together, the largest peak of one. Absent: there is none.
[[nodiscard]] std::optional<ProcessFigures> tree_figures(int pid);

}  // namespace rh::agent
