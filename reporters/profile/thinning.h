// How much of a profile's samples and stacks its page keeps. A page that would be too large is made again with the
// next step: first times are rounded and rare stacks count for their callers, then samples of a thread that have
// the same stack are merged within a slice of time. The sums stay right; order within a slice is lost.
#pragma once

#include <cstdint>
#include <span>

namespace rh::reporters {

struct Thinning {
  std::int64_t unit_ns = 1000;      // times are rounded to it; the rounding is carried on, so that sums stay right
  std::uint32_t slices = 0;         // of the whole duration, within which equal stacks are merged; 0: only neighbours
  double rare_share = 0;            // stacks below this share of CPU and of wall time count for their callers
  std::uint32_t name_bytes = 1000;  // longer names of functions are cut
};

// From everything to the coarsest.
[[nodiscard]] std::span<const Thinning> thinning_steps();

}  // namespace rh::reporters
