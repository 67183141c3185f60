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

[[nodiscard]] Ability seccomp_ability();
// Compiled once for each set of options.
[[nodiscard]] Result<std::vector<sock_filter>> make_filter(const FilterOptions& options);

}  // namespace rh::sandbox
