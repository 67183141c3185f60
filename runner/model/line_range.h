// Lines of a source file that follow one another.
#pragma once

#include <cstdint>

namespace rh::model {

struct LineRange {
  std::uint32_t first = 0, last = 0;  // 1-based, both included
  auto operator<=>(const LineRange&) const = default;
};

}  // namespace rh::model
