// How large a difference between two samples is, beside whether it is there at all.
#pragma once

#include <span>

namespace rh::engine {

// Of an even number of values the mean of the two in the middle; 0 of none.
[[nodiscard]] double median(std::span<const double> values);

// The Hodges-Lehmann estimate of the shift from `base` to `head`: the median of all pairwise differences,
// in the unit of the values. One outlier does not move it.
[[nodiscard]] double hodges_lehmann_shift(std::span<const double> head, std::span<const double> base);

// Cliff's delta, -1..1: how much more often a value of `head` is larger than one of `base` than the reverse.
[[nodiscard]] double cliffs_delta(std::span<const double> head, std::span<const double> base);

}  // namespace rh::engine
