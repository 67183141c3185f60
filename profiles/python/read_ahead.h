// Parts of another process's memory that are read at once, and answer the reads of their parts afterwards: getting to
// know thirty code objects takes hundreds of small reads, which cost a system call each.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/python/remote_memory.h"

namespace rh::profiles::python {

class ReadAhead {
 public:
  explicit ReadAhead(RemoteMemory& memory) : memory_(memory) {}

  // Forgets everything: what is asked for from now on is read from the process.
  void clear();
  // To be read by the next fetch(); what cannot be read is left out.
  void want(Address from, std::size_t size);
  void fetch();
  // From what was fetched, else from the process.
  [[nodiscard]] bool read(Address from, void* to, std::size_t size);
  template <class T>
  [[nodiscard]] std::optional<T> get(Address from) {
    T value;
    if (!read(from, &value, sizeof value)) return std::nullopt;
    return value;
  }

 private:
  struct Part {
    Address begin = 0;
    std::size_t size = 0, at = 0;
  };
  RemoteMemory& memory_;
  std::vector<Part> parts_;   // by address
  std::vector<Part> wanted_;  // not read yet
  std::vector<iovec> ranges_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace rh::profiles::python
