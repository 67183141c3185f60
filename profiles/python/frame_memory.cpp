#include "profiles/python/frame_memory.h"

#include <algorithm>

namespace rh::profiles::python {
namespace {

constexpr std::size_t kMaxChunks = 4096;  // of a data stack: 64 MiB
constexpr std::size_t kMaxChunkBytes = 64U << 20U;
constexpr std::size_t kChunkHeader = 24;  // _PyStackChunk: previous, size, top
constexpr std::size_t kHeadroom = 1024;   // for frames above the leaf of the last sample
constexpr std::size_t kMergeGap = 1024;   // a gap this small lies in the pages of its neighbours
constexpr std::size_t kMaxChased = 65536;

}  // namespace

void FrameMemory::clear() {
  ranges_.clear();
  chunks_.clear();
  size_ = 0;
}

void FrameMemory::number() {
  size_ = 0;
  for (Range& range : ranges_) {
    range.at = size_;
    size_ += range.end - range.begin;
  }
}

void FrameMemory::insert(Address begin, Address end) {
  auto at = std::lower_bound(ranges_.begin(), ranges_.end(), begin,
                             [](const Range& range, Address address) { return range.end + kMergeGap < address; });
  auto last = at;
  for (; last != ranges_.end() && last->begin <= end + kMergeGap; ++last) {
    begin = std::min(begin, last->begin);
    end = std::max(end, last->end);
  }
  if (at == last) {
    ranges_.insert(at, {begin, end, 0});
  } else {
    *at = {begin, end, 0};
    ranges_.erase(at + 1, last);
  }
  number();
}

const FrameMemory::Range* FrameMemory::find(Address from, std::size_t bytes) const {
  const auto holds = [&](const Range& range) { return range.begin <= from && from + bytes <= range.end; };
  if (hint_ < ranges_.size() && holds(ranges_[hint_])) return &ranges_[hint_];
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), from,
                                      [](Address address, const Range& range) { return address < range.begin; });
  if (after == ranges_.begin()) return nullptr;
  const auto at = std::prev(after);
  if (!holds(*at)) return nullptr;
  hint_ = static_cast<std::size_t>(at - ranges_.begin());
  return &*at;
}

void FrameMemory::read_chunks(RemoteMemory& memory, const Layout& layout, Address thread_state) {
  chunks_.clear();
  auto chunk = memory.get<Address>(thread_state + layout.thread_chunk);
  while (chunk && *chunk != 0 && chunks_.size() < kMaxChunks) {
    std::uint64_t header[3];  // previous, size in bytes, used slots (of all but the newest)
    if (!memory.read(*chunk, header, sizeof header)) return;
    const std::uint64_t bytes = std::min<std::uint64_t>(header[1], kMaxChunkBytes);
    const std::uint64_t used =
        chunks_.empty() ? bytes : std::min<std::uint64_t>(kChunkHeader + header[2] * sizeof(Address), bytes);
    chunks_.push_back({*chunk, *chunk + used, *chunk + bytes});
    chunk = header[0];
  }
}

bool FrameMemory::cover_chunk(Address frame, std::size_t frame_bytes) {
  for (const Chunk& chunk : chunks_) {
    if (frame < chunk.begin || frame + frame_bytes > chunk.end) continue;
    const Address end = &chunk == chunks_.data() ? frame + frame_bytes + kHeadroom : chunk.used_end;
    insert(chunk.begin, std::min(std::max(end, frame + frame_bytes), chunk.end));
    return true;
  }
  return false;
}

void FrameMemory::cover(RemoteMemory& memory, const Layout& layout, Address thread_state, Address frame,
                        std::size_t frame_bytes) {
  bool chunks_read = false;
  for (std::size_t i = 0; i < kMaxChased && frame != 0; ++i) {
    if (find(frame, frame_bytes) != nullptr) return;
    bool covered = layout.data_stack() && cover_chunk(frame, frame_bytes);
    if (!covered && layout.data_stack() && !chunks_read) {
      read_chunks(memory, layout, thread_state);
      chunks_read = true;
      covered = cover_chunk(frame, frame_bytes);
    }
    // The frames of a chunk lie side by side: those below are covered with it.
    const auto previous = memory.get<Address>(frame + layout.frame_previous);
    if (!previous) return;
    if (!covered) insert(frame, frame + frame_bytes);
    if (*previous % sizeof(Address) != 0) return;
    frame = *previous;
  }
}

void FrameMemory::shrink_to(const std::vector<Address>& frames, std::size_t frame_bytes) {
  ranges_.clear();
  size_ = 0;
  for (const Address frame : frames)
    if (find(frame, frame_bytes) == nullptr && !cover_chunk(frame, frame_bytes)) insert(frame, frame + frame_bytes);
}

}  // namespace rh::profiles::python
