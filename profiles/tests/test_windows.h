// Which test ran when in which process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/step_profiler.h"

namespace rh::profiles {

// Runners read their clocks a little before or after the hooks of our plugins do: windows of one process that share
// no more than this touch, and do not overlap.
constexpr std::int64_t kWindowSlackNs = 2'000'000;

class TestWindows {
 public:
  // `enclosing` by test: the one it is a part of. `processes`: those of tests that are known otherwise than by the pid
  // that their runner tells, else kNoIndex.
  TestWindows(const model::Profile& profile, const std::vector<RanTest>& tests,
              const std::vector<std::uint32_t>& enclosing, const std::vector<std::uint32_t>& processes);

  // The innermost test that ran in the process, or that started it, at that time; kNoIndex: none, or one that shared
  // its process with others.
  [[nodiscard]] std::uint32_t at(std::uint32_t process, std::int64_t time_ns) const;
  // Whether a test ran in the process, or in one above it, at that time: known or not which.
  [[nodiscard]] bool any_at(std::uint32_t process, std::int64_t time_ns) const;
  // Whether tests ran in the process.
  [[nodiscard]] bool owns_tests(std::uint32_t process) const { return !segments_[process].empty(); }
  // The process of the test; kNoIndex: not known.
  [[nodiscard]] std::uint32_t process_of(std::uint32_t test) const { return process_of_[test]; }
  [[nodiscard]] bool shared(std::uint32_t test) const { return shared_[test]; }
  // Says that others ran in the test's window, too.
  void share(std::uint32_t test) { shared_[test] = true; }
  [[nodiscard]] bool is_part_of(std::uint32_t test, std::uint32_t whole) const;

 private:
  struct Window {
    std::int64_t start = 0, end = 0;
    std::uint32_t test = 0;
  };
  struct Segment {
    std::int64_t start = 0;
    std::uint32_t test = model::kNoIndex;  // the innermost one
    bool any = false;
  };
  using Windows = std::vector<Window>;

  void find_processes(const std::vector<RanTest>& tests, const std::vector<std::uint32_t>& processes);
  void clip(Windows& windows) const;
  void cut_up(std::uint32_t process, const Windows& windows);
  [[nodiscard]] const Segment* segment_at(std::uint32_t process, std::int64_t time_ns) const;
  [[nodiscard]] std::uint32_t innermost(const Windows& running);
  void find_owners();

  const model::Profile& profile_;
  const std::vector<std::uint32_t>& enclosing_;
  std::vector<std::uint32_t> process_of_;
  std::vector<Windows> windows_;                // by process
  std::vector<std::vector<Segment>> segments_;  // by process, in order
  std::vector<std::uint32_t> started_by_;       // by process: the test that started it, if that is known
  std::vector<std::uint32_t> owner_;            // by process: itself or the nearest one above in which tests ran
  std::vector<bool> shared_;                    // by test
};

}  // namespace rh::profiles
