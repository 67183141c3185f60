// Line counts from llvm-cov's segments, by its own rule: LineCoverageStats and LineCoverageIterator of
// llvm/lib/ProfileData/Coverage/CoverageMapping.cpp, the same in LLVM 7 to 21.
#pragma once

#include <cstdint>
#include <vector>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {

// From this place on to the next segment.
struct LlvmSegment {
  std::uint32_t line = 0, column = 0;
  std::uint64_t count = 0;
  bool has_count = false;        // false: not code, or excluded
  bool is_region_entry = false;  // a region begins here; else one ends, and what it lies in goes on
  bool is_gap = false;           // between statements: counts only where nothing else does
};

constexpr std::uint32_t kMaxLlvmLines = 20'000'000;  // of one file, from its first segment to its last

// Tells each line that has code. False when the limit cut it off.
template <class Tell>
bool llvm_lines(const std::vector<LlvmSegment>& segments, Tell tell) {
  const LlvmSegment* wrapped = nullptr;  // the last segment of the lines before
  std::uint32_t told = 0;
  for (std::size_t at = 0; at < segments.size();) {
    const std::uint32_t line = segments[at].line;
    const bool skipped = !segments[at].has_count && segments[at].is_region_entry;
    bool starts = false, entered = false;
    std::uint64_t count = wrapped == nullptr ? 0 : wrapped->count;
    const LlvmSegment* last = &segments[at];
    for (; at < segments.size() && segments[at].line == line; ++at) {
      last = &segments[at];
      if (!last->has_count || !last->is_region_entry) continue;
      entered = true;
      if (last->is_gap) continue;
      starts = true;
      count = std::max(count, last->count);
    }
    const bool inside = wrapped != nullptr && wrapped->has_count;
    if (entered || (!skipped && (inside || starts))) tell(line, count);
    wrapped = last;
    // Lines without a segment belong to the one before them.
    if (at == segments.size() || !wrapped->has_count) continue;
    for (std::uint32_t between = line + 1; between < segments[at].line; ++between) {
      if (++told > kMaxLlvmLines) return false;
      tell(between, wrapped->count);
    }
  }
  return true;
}

}  // namespace rh::collectors
