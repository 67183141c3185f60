// Where the time of one test went, and how the time of a suite is shared out: the stacks of a step joined to its
// tests. Made by profiles/tests/; CPU and wall times are sums over samples, of all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rh::model {

constexpr std::size_t kMaxFunctionsOfTest = 20;
constexpr std::size_t kMaxProfiledTests = 2000;  // of one suite: the slowest ones

struct HotFunction {
  std::string name;        // "Worker.run"; machine code with "[native]"
  std::string file;        // relative to the repository where inside it; empty: unknown
  std::uint32_t line = 0;  // first line of the function; 0: unknown
  // self: it was the innermost function; total: it was anywhere on the stack.
  std::uint64_t self_cpu_ns = 0, total_cpu_ns = 0;
  std::uint64_t self_wall_ns = 0, total_wall_ns = 0;
  std::uint64_t samples = 0;           // of the test, that hold the function
  double self_low = 0, self_high = 1;  // 95 % interval of its share of the test's CPU time; of wall time without any
  bool operator==(const HotFunction&) const = default;
};

// What the time was for: "tests", "fixtures" (setup and teardown), "import", "collection", "runner" (the rest of the
// processes that ran tests), "other" (processes in which no test ran: compilers, a runner that only starts others).
struct PhaseTime {
  std::string phase;
  std::uint64_t cpu_ns = 0, wall_ns = 0;
  bool operator==(const PhaseTime&) const = default;
};

// Of the last attempt.
struct TestProfile {
  std::string joined_by;  // how samples were found to be the test's: "process and time", "function", "thread"
  std::string reason;     // why there are no functions; else what limits their truth
  std::uint64_t cpu_ns = 0, wall_ns = 0;
  std::uint64_t samples = 0;
  std::vector<PhaseTime> phases;       // most CPU time first; those without any time are left out
  std::vector<HotFunction> functions;  // most CPU time of their own first
  std::uint64_t functions_left_out = 0;
  bool operator==(const TestProfile&) const = default;
};

// One step that was profiled.
struct StepProfile {
  std::string step;
  std::string file;  // profile.json, relative to the run directory; empty: it could not be written
  std::uint32_t rate_hz = 0;
  std::uint64_t samples = 0;
  std::uint64_t cpu_ns = 0;      // of the samples
  std::uint64_t own_cpu_ns = 0;  // what the sampling itself took
  double rejected = 0;           // part of the ticks, 0..1, whose stacks could not be read
  double late = 0;               // part of the ticks that were missed
  std::string reason;            // what could not be recorded, and why; empty: nothing is missing
  std::vector<PhaseTime> phases;
  std::uint64_t tests = 0;  // that have functions
  bool operator==(const StepProfile&) const = default;
};

struct SuiteProfile {
  std::vector<StepProfile> steps;  // empty: nothing was recorded
  std::vector<PhaseTime> phases;   // of all steps
  bool operator==(const SuiteProfile&) const = default;
};

}  // namespace rh::model
