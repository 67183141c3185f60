// Reads the memory of another process: our own child or a descendant, so that no privilege is needed.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace rh::profiles::python {

using Address = std::uint64_t;

// The unaligned value at `from`.
template <class T>
[[nodiscard]] T load(const std::uint8_t* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

class RemoteMemory {
 public:
  explicit RemoteMemory(int pid) : pid_(pid) {}

  // All ranges one after another into `to`, in one system call as long as there are at most 1,024.
  // The number of whole ranges that were read; the first that could not be read is the one after them.
  [[nodiscard]] std::size_t read(std::span<const iovec> ranges, std::uint8_t* to);
  [[nodiscard]] bool read(Address from, void* to, std::size_t size);
  template <class T>
  [[nodiscard]] std::optional<T> get(Address from) {
    T value;
    if (!read(from, &value, sizeof value)) return std::nullopt;
    return value;
  }
  // Bytes up to the first NUL, at most `max_bytes`.
  [[nodiscard]] std::string read_c_string(Address from, std::size_t max_bytes);

  [[nodiscard]] int pid() const { return pid_; }
  // errno of the last read that failed: ESRCH: the process is gone, EPERM: the kernel refuses, EFAULT: no such page.
  [[nodiscard]] int last_errno() const { return last_errno_; }

 private:
  int pid_;
  int last_errno_ = 0;
};

[[nodiscard]] inline iovec remote_range(Address from, std::size_t size) {
  return {reinterpret_cast<void*>(from), size};  // NOLINT: the kernel's interface takes foreign addresses as pointers
}

}  // namespace rh::profiles::python
