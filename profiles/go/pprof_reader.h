// Reads a CPU profile in the pprof format, as `go test -cpuprofile` and runtime/pprof write it (gzip'd protocol
// buffers), into a profile. Format: github.com/google/pprof/proto/profile.proto.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiles/profile_builder.h"
#include "runner/base/result.h"

namespace rh::profiles {

inline constexpr std::uint64_t kMaxPprofBytes = 512ULL << 20;  // unpacked
inline constexpr std::size_t kMaxPprofFrames = 4096;           // of one stack

struct PprofSummary {
  std::uint64_t samples = 0;  // as counted by the runtime's clock
  std::int64_t cpu_ns = 0;
  std::int64_t period_ns = 0;  // 0: the file does not tell
  std::int64_t duration_ns = 0;
};

// Adds the samples to a thread of the process. The format keeps no times: they all stand at `end_ns`, the end of the
// recording in the time of the profile, with CPU time and without wall time. Errors: parse, with the place; limit;
// unsupported for a profile of something else than CPU time.
[[nodiscard]] Result<PprofSummary> read_pprof(std::string_view bytes, std::uint32_t thread, std::int64_t end_ns,
                                              ProfileBuilder& builder);

}  // namespace rh::profiles
