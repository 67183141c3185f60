// A measured figure together with where it came from and how exact it is. A figure that is not
// known has no value and says why; it is never zero.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace rh::model {

enum class Scope {
  unknown,        // no value; `reason` says why
  exact_process,  // the test or suite had its own process or cgroup
  exact_window,   // the only test in its process during that window
  shared_window,  // other tests ran in the same process: an upper bound
  sampled,        // largest of periodic samples: may miss short peaks
  lower_bound,    // parts of the tree could not be counted
};

template <class T>
struct Figure {
  std::optional<T> value;
  Scope scope = Scope::unknown;
  std::string source;  // "cgroup v1 memory.max_usage_in_bytes", "VmHWM", "rusage"...
  std::string reason;  // why there is no value, or what limits its truth

  [[nodiscard]] static Figure unknown(std::string why) { return {std::nullopt, Scope::unknown, {}, std::move(why)}; }
  bool operator==(const Figure&) const = default;
};

using CpuFigure = Figure<std::chrono::nanoseconds>;
using BytesFigure = Figure<std::uint64_t>;
using CountFigure = Figure<std::uint64_t>;

}  // namespace rh::model
