// The system call filter: what no test suite needs and every escape starts with.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "runner/base/result.h"
#include "runner/model/isolation.h"
#include "sandbox/host.h"

namespace rh::sandbox {

struct FilterOptions {
  bool strict = false;           // no ptrace, no peeking into other processes
  bool trace_allowed = true;     // the tree has a pid namespace, so tracing stays inside
  bool refuse_internet = false;  // stands in for a network namespace
  auto operator<=>(const FilterOptions&) const = default;
};

// Every set of options has a number.
constexpr unsigned kFilterCount = 8;
[[nodiscard]] constexpr unsigned number_of(const FilterOptions& options) {
  return (options.strict ? 1U : 0U) | (options.trace_allowed ? 2U : 0U) | (options.refuse_internet ? 4U : 0U);
}
[[nodiscard]] constexpr FilterOptions options_of(unsigned number) {
  return {(number & 1) != 0, (number & 2) != 0, (number & 4) != 0};
}

[[nodiscard]] Ability seccomp_ability();
[[nodiscard]] Result<std::vector<sock_filter>> make_filter(const FilterOptions& options);

}  // namespace rh::sandbox
