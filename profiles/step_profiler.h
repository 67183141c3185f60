// What a run of tests needs of profiling: the stacks of one step's process tree are recorded, then joined to the
// step's tests. The only header of profiles/ that the engine sees.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/attempt.h"
#include "runner/model/command.h"
#include "runner/model/profile.h"
#include "runner/model/test_profile.h"

namespace rh::profiles {

struct StepProfilerOptions {
  std::filesystem::path scratch;  // a folder that is there, and that the step's processes may write to
  std::filesystem::path root;     // names of files are told relative to it
};

// Records one step.
class StepProfiler {
 public:
  virtual ~StepProfiler() = default;
  // Changes the command, whose environment is the whole one, so that its programs record themselves.
  [[nodiscard]] virtual Result<void> prepare(model::Command& command) = 0;
  // The first process of the tree exists and waits. Called again where the tree had to be started anew.
  virtual void start(int root_pid) = 0;
  // The tree is gone. `cpu_ns`: its CPU time by the kernel's account. Empty profile without a start before.
  [[nodiscard]] virtual model::Profile finish(std::optional<std::chrono::nanoseconds> cpu) = 0;
};

// A test that ran in the step. Times on CLOCK_MONOTONIC.
struct RanTest {
  model::TestCase test;
  std::int64_t pid = 0;  // as the process knows itself; 0: the runner does not tell
  std::optional<std::chrono::nanoseconds> start, duration;
  // From its start to its end with all hooks, where that is known: some runners do not count hooks as duration.
  std::optional<std::chrono::nanoseconds> lasted;
  bool wanted = true;  // false: it is only known to have run, and gets no profile
};

struct JoinedStep {
  model::StepProfile step;                // without the names of step and file
  std::vector<model::TestProfile> tests;  // one for each that was given; empty for those not wanted
};

// Whose are the samples? First of the test whose function is on the stack (Go, Rust) or whose name the thread has
// (Rust), at whatever time. Else of the test that ran in the process at that time, or in the one that started the
// process, unless several did: those are told apart by nothing, and none of them is blamed.
[[nodiscard]] JoinedStep join_tests(const model::Profile& profile, const std::vector<RanTest>& tests);

[[nodiscard]] std::unique_ptr<StepProfiler> make_step_profiler(const StepProfilerOptions& options);

// What the engine is given of all this.
struct StepProfiling {
  std::unique_ptr<StepProfiler> (*make)(const StepProfilerOptions& options) = nullptr;
  JoinedStep (*join)(const model::Profile& profile, const std::vector<RanTest>& tests) = nullptr;
  std::string (*to_json)(const model::Profile& profile) = nullptr;  // profile.json
};

}  // namespace rh::profiles
