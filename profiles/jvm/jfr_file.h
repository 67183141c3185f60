// Reads what a JVM's Flight Recorder wrote about allocations: the jdk.ObjectAllocationSample events of a .jfr file with
// their stacks. Every chunk of the file describes its own types, so the fields are found by name (JDK 16 and later;
// format 2: jdk.jfr.internal.consumer of the JDK, and openjdk.org/jeps/328).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles {

inline constexpr std::uint64_t kMaxJfrBytes = 512ULL << 20;
inline constexpr std::size_t kMaxJfrSamples = 2'000'000;
inline constexpr std::size_t kMaxJfrFrames = 2048;  // of one stack

struct JfrFrame {
  std::string method;      // "java.util.ArrayList.add"
  std::uint32_t line = 0;  // 0: not known
};

struct JfrAllocation {
  std::uint64_t bytes = 0;  // that the sample stands for
  std::size_t stack = 0;    // index into JfrAllocations::stacks
};

struct JfrAllocations {
  std::vector<std::vector<JfrFrame>> stacks;  // leaf first; the first is empty: no stack was told
  std::vector<JfrAllocation> samples;
};

// Errors: parse, with the byte; limit; unsupported for another version of the format.
[[nodiscard]] Result<JfrAllocations> read_jfr_allocations(std::string_view bytes);

}  // namespace rh::profiles
