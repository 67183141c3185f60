// The time series of a process tree, in columns of equal length.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "runner/model/ids.h"

namespace rh::model {

struct SampleGap {
  std::chrono::nanoseconds from{}, to{};  // no sample in between although the tree lived
  std::string reason;
};

struct SampleSeries {
  SuiteId suite;
  std::chrono::nanoseconds cadence{};    // requested interval
  std::vector<std::int64_t> t_ns;        // CLOCK_MONOTONIC
  std::vector<std::uint64_t> cpu_ns;     // user + sys of the tree so far, monotone
  std::vector<std::uint64_t> rss_bytes;  // memory.current of the cgroup, else sum of RSS
  std::vector<std::uint32_t> processes;
  std::vector<std::uint32_t> threads;
  std::string memory_source;  // "cgroup v1 memory.usage_in_bytes", "sum of RSS (statm)"
  std::string cpu_source;
  std::vector<SampleGap> gaps;
};

}  // namespace rh::model
