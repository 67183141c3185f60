// Which lines of a text became which lines of another one: a shortest edit script (Myers 1986) over whole lines,
// without their line ends.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runner/model/line_range.h"

namespace rh::engine {

// Lines [old_start, old_start + old_count) became [new_start, new_start + new_count); 1-based, also where a side is
// empty: the lines were inserted before old_start.
struct LineChange {
  std::uint32_t old_start = 0, old_count = 0, new_start = 0, new_count = 0;
  bool operator==(const LineChange&) const = default;
};

// Sorted, not touching. Beyond this many single edits the rest counts as changed: comparing gets slow by its square.
constexpr std::size_t kMaxLineEdits = 1500;
[[nodiscard]] std::vector<LineChange> diff_lines(const std::vector<std::string_view>& before,
                                                 const std::vector<std::string_view>& after);

// Where lines of the old text are in the new one; changed lines drop out.
[[nodiscard]] std::vector<model::LineRange> move_lines(const std::vector<model::LineRange>& lines,
                                                       const std::vector<LineChange>& changes);

}  // namespace rh::engine
