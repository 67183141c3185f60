// The two clocks of a run. Monotonic time orders and measures (the same clock as Python's
// time.monotonic_ns, Node's process.hrtime and C++'s steady_clock); wall time labels reports.
#pragma once

#include <chrono>
#include <string>

namespace rh {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

[[nodiscard]] Nanoseconds monotonic_now();  // CLOCK_MONOTONIC
[[nodiscard]] std::chrono::system_clock::time_point wall_now();
// "2026-03-01T12:34:56.789Z"
[[nodiscard]] std::string to_rfc3339(std::chrono::system_clock::time_point time);

}  // namespace rh
