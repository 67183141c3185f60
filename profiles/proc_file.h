// Files below /proc with lines of less than 2 KiB, read without allocation: the recording loop reads them hundreds of
// times a second.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/unique_fd.h"

namespace rh::profiles {

// A file kept open and read from its start each time; the text is valid until the next read.
class ProcFile {
 public:
  ProcFile() = default;
  explicit ProcFile(const std::string& path);
  // Empty when the file is gone or cannot be read.
  [[nodiscard]] std::string_view read();
  [[nodiscard]] bool valid() const { return fd_.valid(); }

 private:
  UniqueFd fd_;
  std::string text_;
};

// One read of a file that is not kept open.
[[nodiscard]] std::string read_proc_text(const std::string& path);
// Target of a symbolic link; empty when it cannot be read.
[[nodiscard]] std::string read_proc_link(const std::string& path);
// "/proc/12/cmdline" as its arguments.
[[nodiscard]] std::vector<std::string> read_arguments(int pid);
// The unsigned numbers of a text separated by blanks.
[[nodiscard]] std::vector<std::uint64_t> numbers_of(std::string_view text);
// The value of "Name:   123 kB" in bytes; 0 when there is none.
[[nodiscard]] std::uint64_t kib_field(std::string_view text, std::string_view name);

}  // namespace rh::profiles
