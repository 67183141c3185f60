// Profiles and attempts of a step that is made up: one sample a millisecond.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/profile_builder.h"
#include "profiles/step_profiler.h"

namespace rh::profiles {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kStarted = 5'000'000'000;

struct Frame {
  std::string name;
  std::string file = "/w/a.py";
  model::FrameKind kind = model::FrameKind::python;
};

inline Frame native(std::string name) { return {std::move(name), "", model::FrameKind::native}; }

// The frames of pytest around a test.
inline std::vector<Frame> in_pytest(const Frame& function) {
  return {{"pytest_runtest_protocol", "/lib/_pytest/runner.py"},
          {"pytest_runtest_call", "/lib/_pytest/runner.py"},
          {"pytest_pyfunc_call", "/lib/_pytest/python.py"},
          function};
}

class Made {
 public:
  std::uint32_t process(int pid, int inner_pid, std::uint32_t parent = model::kNoIndex, std::int64_t start_ms = 0,
                        const std::string& runtime = "CPython 3.11.7") {
    model::ProfileProcess made;
    made.pid = pid;
    made.inner_pid = inner_pid;
    made.parent = parent;
    made.profiler = "any";
    made.runtime = runtime;
    made.start_ns = start_ms * kMs;
    const std::uint32_t process = builder_.add_process(made);
    (void)builder_.add_thread({process, pid, "main"});
    return process;
  }
  std::uint32_t thread(std::uint32_t process, const std::string& name) {
    return builder_.add_thread({process, 0, name});
  }
  // One sample a millisecond in [from, to).
  void run(std::uint32_t thread, std::int64_t from_ms, std::int64_t to_ms, const std::vector<Frame>& stack,
           std::int64_t cpu_ns = kMs) {
    std::uint32_t node = model::kNoIndex;
    for (const Frame& frame : stack)
      node = builder_.stack(node, builder_.frame({frame.name, frame.file, 1, frame.kind, {}}), 2);
    for (std::int64_t ms = from_ms; ms < to_ms; ++ms)
      builder_.add({ms * kMs + kMs / 2, thread, node, kMs, cpu_ns, static_cast<std::uint8_t>(cpu_ns > 0 ? 1 : 0)});
  }
  void test(const std::string& name, std::int64_t pid, std::int64_t from_ms, std::int64_t to_ms,
            const std::string& parent = {}) {
    RanTest made;
    made.test.name = name;
    made.test.file = "test_a.py";
    made.test.parent = parent;
    made.pid = pid;
    made.start = std::chrono::nanoseconds(kStarted + from_ms * kMs);
    made.duration = std::chrono::nanoseconds((to_ms - from_ms) * kMs);
    tests_.push_back(made);
  }
  std::vector<RanTest>& tests() { return tests_; }
  ProfileBuilder& builder() { return builder_; }

  JoinedStep join() {
    model::Profile profile = builder_.take();
    profile.cwd = "/w";
    profile.rate_hz = 1000;
    return join_tests(profile, tests_);
  }

 private:
  ProfileBuilder builder_{kStarted};
  std::vector<RanTest> tests_;
};

}  // namespace rh::profiles
