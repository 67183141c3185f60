// Reads a CPU profile in the pprof format, as `go test -cpuprofile`, runtime/pprof and other profilers write it (gzip'd
// protocol buffers), so that `profile diff` can compare it. Format: github.com/google/pprof/proto/profile.proto.
#pragma once

#include <cstdint>
#include <string_view>

#include "runner/base/result.h"
#include "runner/model/profile.h"

namespace rh::profiles {

inline constexpr std::uint64_t kMaxPprofDraws = 20'000'000;              // samples; more are put together
inline constexpr std::int64_t kMaxPprofCpuNs = 100'000'000'000'000'000;  // three years

// Whether the bytes may be such a file: packed, or a plain message.
[[nodiscard]] bool looks_like_pprof(std::string_view bytes);

// One process with one thread. The format counts the samples of each stack and keeps no times: each stands at a
// moment of its own between 0 and the duration, in no particular order, with CPU time and without wall time.
// Errors: parse, with the place; limit; unsupported for a profile of something else than CPU time.
[[nodiscard]] Result<model::Profile> read_pprof(std::string_view bytes);

}  // namespace rh::profiles
