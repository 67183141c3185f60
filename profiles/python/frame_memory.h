// The parts of a process's memory in which one thread keeps its frames: the chunks of its data stack, generator and
// coroutine objects, the C stack, or frame objects on the heap. They stay nearly the same from sample to sample, so
// one system call with the parts of before reads the stack of now.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/python/layout.h"
#include "profiles/python/remote_memory.h"

namespace rh::profiles::python {

// What a frame says: of both copies the same, except the instruction of the leaf.
struct FrameCopy {
  Address frame = 0;
  Address code = 0;
  std::int64_t instruction = 0;  // address of the instruction; up to 3.10 its number
  bool operator==(const FrameCopy&) const = default;
};

class FrameMemory {
 public:
  struct Range {
    Address begin = 0, end = 0;
    std::size_t at = 0;  // of its first byte in a copy of all ranges
  };

  // Makes the frame at `frame` and what is below it readable: finds the memory that holds them.
  void cover(RemoteMemory& memory, const Layout& layout, Address thread_state, Address frame, std::size_t frame_bytes);
  // Forgets what the stack of `frames` does not use.
  void shrink_to(const std::vector<Address>& frames, std::size_t frame_bytes);
  void clear();

  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  // Bytes of one copy.
  [[nodiscard]] std::size_t size() const { return size_; }
  // The range with all of [from, from + bytes); null: none.
  [[nodiscard]] const Range* find(Address from, std::size_t bytes) const;

 private:
  struct Chunk {
    Address begin = 0, used_end = 0, end = 0;
  };
  void read_chunks(RemoteMemory& memory, const Layout& layout, Address thread_state);
  [[nodiscard]] bool cover_chunk(Address frame, std::size_t frame_bytes);
  void insert(Address begin, Address end);
  void number();

  std::vector<Range> ranges_;  // by address, apart
  std::vector<Chunk> chunks_;  // newest first
  std::size_t size_ = 0;
  mutable std::size_t hint_ = 0;
};

}  // namespace rh::profiles::python
