// Reads a heap profile in the pprof format, as `go test -memprofile` and runtime/pprof write it: what each stack has
// allocated since the start, and what of it was in use when the file was written. Go has scaled its samples already.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiles/profile_builder.h"
#include "runner/base/result.h"

namespace rh::profiles {

inline constexpr std::size_t kMaxHeapSites = 200'000;  // of one file

// Adds a site for each stack. Errors: parse, with the place; limit; unsupported for a profile of something else.
[[nodiscard]] Result<void> add_pprof_heap(std::string_view bytes, std::uint32_t process, ProfileBuilder& builder);

}  // namespace rh::profiles
