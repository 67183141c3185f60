#include "runner/engine/patch/line_map.h"

#include <algorithm>

namespace rh::engine {
namespace {

// One side of a hunk. Of an empty side git gives the line before it, so what follows starts one line later.
struct Side {
  std::uint64_t first = 0, count = 0;
  [[nodiscard]] std::uint64_t behind() const { return first + count; }
};

Side side_of(std::uint32_t start, std::uint32_t count) { return {count == 0 ? start + 1ULL : start, count}; }

Side old_side(const Hunk& hunk) { return side_of(hunk.old_start, hunk.old_count); }
Side new_side(const Hunk& hunk) { return side_of(hunk.new_start, hunk.new_count); }

// The last hunk that starts at or before the line decides: within it there is no counterpart, behind it the distance
// to its end is the same on both sides.
std::optional<std::uint32_t> counterpart(const std::vector<Hunk>& hunks, std::uint32_t line, Side (*here)(const Hunk&),
                                         Side (*there)(const Hunk&)) {
  const auto next =
      std::partition_point(hunks.begin(), hunks.end(), [&](const Hunk& hunk) { return here(hunk).first <= line; });
  if (next == hunks.begin()) return line;
  const Hunk& hunk = *std::prev(next);
  if (line < here(hunk).behind()) return std::nullopt;
  return static_cast<std::uint32_t>(line - here(hunk).behind() + there(hunk).behind());
}

}  // namespace

std::optional<std::uint32_t> LineMap::old_line(std::uint32_t new_line) const {
  return counterpart(*hunks_, new_line, new_side, old_side);
}

std::optional<std::uint32_t> LineMap::new_line(std::uint32_t old_line) const {
  return counterpart(*hunks_, old_line, old_side, new_side);
}

}  // namespace rh::engine
