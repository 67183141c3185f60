// What /proc tells of processes that already run when counters are opened on them: their threads, their children
// and what they have mapped. The kernel's records tell only what comes later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rh::profiles::native {

inline constexpr std::size_t kMaxLiveProcesses = 4096;
inline constexpr std::size_t kMaxLiveThreads = 512;  // of the tree; each needs a file for each CPU

struct LiveMap {
  std::uint64_t start = 0, end = 0, file_offset = 0, inode = 0;
  std::uint32_t device_major = 0, device_minor = 0;
  std::string path;  // "//anon" for memory without a file, as the kernel's records call it
};

// The executable maps of /proc/PID/maps.
[[nodiscard]] std::vector<LiveMap> parse_maps(std::string_view text);
[[nodiscard]] std::vector<LiveMap> maps_of(int pid);
[[nodiscard]] std::string name_of(int pid);  // of /proc/PID/comm
[[nodiscard]] std::vector<int> threads_of(int pid);
// The process, its children and theirs; parents first.
[[nodiscard]] std::vector<int> tree_of(int pid);
// Whether the process is still the program that started it: it has not called exec.
[[nodiscard]] bool is_our_program(int pid);

}  // namespace rh::profiles::native
