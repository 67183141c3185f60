// Wilson's score interval of a proportion: unlike the normal one it stays within 0..1 and holds for few
// trials and for proportions near 0 and 1 (Wilson 1927).
#pragma once

#include <cstdint>

namespace rh::engine {

struct Interval {
  double low = 0, high = 1;
};

constexpr double kZ95 = 1.959963984540054;  // two-sided 95 %

// Without trials nothing is known: 0..1.
[[nodiscard]] Interval wilson_interval(std::uint64_t successes, std::uint64_t trials, double z = kZ95);

}  // namespace rh::engine
