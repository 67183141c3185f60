// What the frames of stacks say about tests: which part of a runner's work it is, and whose test function runs.
// Only frames whose name and file are those of a known function of a runner are believed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "profiles/step_profiler.h"

namespace rh::profiles {

enum class Phase : std::uint8_t {
  unknown,     // no frame says
  runner,      // around a test, not of it: hooks, reports
  collection,  // of tests
  loading,     // the program's main file: outside of tests, what it does is importing
  fixtures,    // setup and teardown
  tests,
  import,
};

[[nodiscard]] std::string_view name_of(Phase phase);

struct StackMark {
  Phase phase = Phase::unknown;
  std::uint32_t base = model::kNoIndex;  // innermost node that is the runner's own: it and all above it
  std::uint32_t test = model::kNoIndex;  // whose function is on the stack; index into the tests
};

// Of every node of Profile::stacks, for a stack that ends there.
[[nodiscard]] std::vector<StackMark> mark_stacks(const model::Profile& profile, const std::vector<RanTest>& tests);

// Of every thread, the test that it is named after: libtest runs each test in a thread of its own, and threads that a
// test starts inherit the name. The kernel keeps 15 bytes of it; names that are not unique by then tell nothing.
[[nodiscard]] std::vector<std::uint32_t> tests_of_threads(const model::Profile& profile,
                                                          const std::vector<RanTest>& tests);

// Of every test the one it is a part of, or kNoIndex: subtests of pytest, Go and node:test.
[[nodiscard]] std::vector<std::uint32_t> enclosing_tests(const std::vector<RanTest>& tests);

}  // namespace rh::profiles
