// What V8 writes as a CPU profile: the .cpuprofile of `node --cpu-prof`, of Chrome's tools and of the inspector's
// Profiler.stop. Format: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles {

constexpr std::size_t kMaxCpuProfileNodes = 4'000'000;
constexpr std::size_t kMaxCpuProfileSamples = 64'000'000;

struct CpuProfileNode {
  std::int64_t id = 0;
  std::string function;    // empty: an anonymous function
  std::string url;         // file:///path, node:internal/..., a plain path, wasm://...; empty: built into the runtime
  std::uint32_t line = 0;  // where the function begins, from 1; 0: unknown
  std::size_t parent = 0;  // index into CpuProfile::nodes; the root is its own parent
  std::uint64_t hits = 0;  // samples whose leaf this is
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ticks;  // line from 1, how many of the hits were in it
};

struct CpuProfile {
  std::int64_t start_us = 0, end_us = 0;  // V8's clock: CLOCK_MONOTONIC on Linux
  std::vector<CpuProfileNode> nodes;
  std::vector<std::uint32_t> samples;  // index into nodes
  std::vector<std::int64_t> time_us;   // of each sample, on V8's clock
};

// Errors: text that is not JSON, that breaks off (with the byte), a sample of a node that does not exist, nodes in a
// circle, more than the bounds above.
[[nodiscard]] Result<CpuProfile> read_cpu_profile(std::string_view json);

}  // namespace rh::profiles
