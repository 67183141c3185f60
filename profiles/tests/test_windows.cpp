#include "profiles/tests/test_windows.h"

#include <algorithm>
#include <limits>

namespace rh::profiles {
namespace {

using model::kNoIndex;

constexpr unsigned kMaxDepth = 100;  // of tests within tests, and of processes

}  // namespace

TestWindows::TestWindows(const model::Profile& profile, const std::vector<RanTest>& tests,
                         const std::vector<std::uint32_t>& enclosing, const std::vector<std::uint32_t>& processes)
    : profile_(profile),
      enclosing_(enclosing),
      process_of_(tests.size(), kNoIndex),
      windows_(profile.processes.size()),
      segments_(profile.processes.size()),
      started_by_(profile.processes.size(), kNoIndex),
      owner_(profile.processes.size(), kNoIndex),
      shared_(tests.size()) {
  find_processes(tests, processes);
  for (std::uint32_t process = 0; process < windows_.size(); ++process) {
    Windows& windows = windows_[process];
    std::stable_sort(windows.begin(), windows.end(),
                     [](const Window& a, const Window& b) { return a.start < b.start; });
    clip(windows);
    cut_up(process, windows);
  }
  find_owners();
}

bool TestWindows::is_part_of(std::uint32_t test, std::uint32_t whole) const {
  for (unsigned depth = 0; test != kNoIndex && depth < kMaxDepth; ++depth, test = enclosing_[test])
    if (test == whole) return true;
  return false;
}

// A process that calls exec is several of the profile's, one after the other.
void TestWindows::find_processes(const std::vector<RanTest>& tests, const std::vector<std::uint32_t>& processes) {
  for (std::uint32_t i = 0; i < tests.size(); ++i) {
    const RanTest& test = tests[i];
    process_of_[i] = processes[i];
    const auto& length = test.lasted ? test.lasted : test.duration;
    const bool timed = test.start && length;
    const std::int64_t start = timed ? test.start->count() - profile_.started_ns : 0;
    const std::int64_t end = timed ? start + std::max<std::int64_t>(length->count(), 0) : 0;
    if (test.pid == 0 || processes[i] != kNoIndex) {
      if (timed && processes[i] != kNoIndex) windows_[processes[i]].push_back({start, end, i});
      continue;
    }
    for (std::uint32_t at = 0; at < profile_.processes.size(); ++at) {
      const model::ProfileProcess& process = profile_.processes[at];
      const int known_as = process.inner_pid != 0 ? process.inner_pid : process.pid;
      if (known_as != test.pid) continue;
      if (timed && (process.start_ns > end || (process.end_ns > 0 && process.end_ns < start))) continue;
      process_of_[i] = at;
      if (timed) windows_[at].push_back({start, end, i});
    }
  }
}

void TestWindows::clip(Windows& windows) const {
  for (std::size_t i = 0; i + 1 < windows.size(); ++i) {
    Window& window = windows[i];
    const Window& next = windows[i + 1];
    const std::int64_t both = window.end - next.start;
    const std::int64_t shorter = std::min(window.end - window.start, next.end - next.start);
    if (both <= 0 || both > std::min(kWindowSlackNs, shorter / 2)) continue;
    if (!is_part_of(next.test, window.test)) window.end = next.start;
  }
}

// Of the tests that run the one that all others are around; kNoIndex if there is none, and then all of them share.
std::uint32_t TestWindows::innermost(const Windows& running) {
  if (running.empty()) return kNoIndex;
  for (const Window& candidate : running)
    if (std::all_of(running.begin(), running.end(),
                    [&](const Window& other) { return is_part_of(candidate.test, other.test); }))
      return candidate.test;
  for (const Window& window : running) {
    const bool apart = std::any_of(running.begin(), running.end(), [&](const Window& other) {
      return !is_part_of(window.test, other.test) && !is_part_of(other.test, window.test);
    });
    if (apart) shared_[window.test] = true;
  }
  return kNoIndex;
}

void TestWindows::cut_up(std::uint32_t process, const Windows& windows) {
  std::vector<Segment>& segments = segments_[process];
  Windows running;
  const auto begin_segment = [&](std::int64_t time) {
    segments.push_back({time, innermost(running), !running.empty()});
  };
  const auto end_until = [&](std::int64_t time) {
    for (;;) {
      const auto first = std::min_element(running.begin(), running.end(),
                                          [](const Window& a, const Window& b) { return a.end < b.end; });
      if (first == running.end() || first->end > time) return;
      const std::int64_t end = first->end;
      std::erase_if(running, [&](const Window& window) { return window.end == end; });
      begin_segment(end);
    }
  };
  for (const Window& window : windows) {
    end_until(window.start);
    running.push_back(window);
    begin_segment(window.start);
  }
  end_until(std::numeric_limits<std::int64_t>::max());
}

// Children come after their parents: a process is seen before those that it starts.
void TestWindows::find_owners() {
  for (std::uint32_t process = 0; process < owner_.size(); ++process) {
    if (owns_tests(process)) {
      owner_[process] = process;
      continue;
    }
    const std::uint32_t parent = profile_.processes[process].parent;
    if (parent == kNoIndex || parent >= process) continue;
    owner_[process] = owner_[parent];
    if (owner_[parent] == kNoIndex) continue;
    if (owner_[parent] != parent) {
      started_by_[process] = started_by_[parent];
    } else if (const Segment* segment = segment_at(parent, profile_.processes[process].start_ns)) {
      started_by_[process] = segment->test;
    }
  }
}

const TestWindows::Segment* TestWindows::segment_at(std::uint32_t process, std::int64_t time_ns) const {
  const std::vector<Segment>& segments = segments_[process];
  const auto after = std::upper_bound(segments.begin(), segments.end(), time_ns,
                                      [](std::int64_t time, const Segment& segment) { return time < segment.start; });
  return after == segments.begin() ? nullptr : &*std::prev(after);
}

std::uint32_t TestWindows::at(std::uint32_t process, std::int64_t time_ns) const {
  const std::uint32_t owner = owner_[process];
  const Segment* segment = owner == kNoIndex ? nullptr : segment_at(owner, time_ns);
  if (segment == nullptr || segment->test == kNoIndex) return kNoIndex;
  std::uint32_t test = segment->test;
  if (owner != process) {
    const std::uint32_t starter = started_by_[process];
    if (starter == kNoIndex || (!is_part_of(test, starter) && !is_part_of(starter, test))) return kNoIndex;
    if (is_part_of(starter, test)) test = starter;  // inside of its window, as the other is around it
    if (!is_part_of(segment->test, test)) return kNoIndex;
  }
  return shared_[test] ? kNoIndex : test;
}

bool TestWindows::any_at(std::uint32_t process, std::int64_t time_ns) const {
  const std::uint32_t owner = owner_[process];
  const Segment* segment = owner == kNoIndex ? nullptr : segment_at(owner, time_ns);
  return segment != nullptr && segment->any;
}

}  // namespace rh::profiles
