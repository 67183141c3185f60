// A small file of /proc or a cgroup that is read again and again: opened once, one pread each.
// Also the parsers of what such files say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runner/base/unique_fd.h"

namespace rh::collectors {

// Enough for every fixed-size file read here; lists (cgroup.procs, children) are read in pieces.
using ReadBuffer = std::array<char, 16384>;

class KernelFile {
 public:
  KernelFile() = default;
  // `keep` false: opened for each read, so that a huge tree cannot use up the file descriptors.
  KernelFile(std::string path, bool keep) : path_(std::move(path)), keep_(keep) {}

  // The text lies in `buffer`; nullopt leaves the reason in `sys_errno()`. The descriptor of a
  // process that has ended gives ESRCH, also when its pid is in use again.
  [[nodiscard]] std::optional<std::string_view> read(ReadBuffer& buffer);
  // The whole file, however long, appended to `text`.
  bool read_all(ReadBuffer& buffer, std::string& text);
  [[nodiscard]] int sys_errno() const { return errno_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  bool open();

  std::string path_;
  UniqueFd fd_;
  bool keep_ = true;
  int errno_ = 0;
};

// The fields of /proc/PID/stat that are used here; times in clock ticks.
struct ProcessStat {
  char state = '?';
  int parent = 0;
  std::uint64_t own_ticks = 0;     // utime + stime
  std::uint64_t waited_ticks = 0;  // cutime + cstime: of children that were waited for
  std::uint32_t threads = 0;
  std::uint64_t start_time = 0;  // tells a reused pid from the process that had it
};
[[nodiscard]] std::optional<ProcessStat> parse_stat(std::string_view text);
// Resident pages of /proc/PID/statm.
[[nodiscard]] std::optional<std::uint64_t> parse_statm(std::string_view text);
// Value of a "key value" or "key: value" line; nullopt when there is none.
[[nodiscard]] std::optional<std::uint64_t> parse_key(std::string_view text, std::string_view key);
// The next number of a blank-separated list, removed from `text`.
[[nodiscard]] std::optional<int> take_pid(std::string_view& text);

}  // namespace rh::collectors
