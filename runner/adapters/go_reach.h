// Who tests what in a Go module, and which of its tests are to run: by test function.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/adapters/go_toolchain.h"

namespace rh::adapters {

// One call of `go test`: packages, and the pattern for -skip (empty: nothing is left out).
struct GoPackages {
  std::vector<std::string> packages;  // "./money"
  std::string skip;
};

// The calls that run everything but what is left out. Packages without anything to run take part in none: their test
// functions are found by name, so that a new one runs.
[[nodiscard]] std::vector<GoPackages> go_selection(const StepContext& context, const std::string& module);

// Runs each test function alone in the test program of its package; `base` has go's environment and grants.
[[nodiscard]] Result<model::Step> go_lines_step(const model::Step& base, const StepContext& context,
                                                const GoToolchain& go, const std::string& module);

// "1.20" and later have -skip.
[[nodiscard]] bool go_has_skip(std::string_view version);

}  // namespace rh::adapters
