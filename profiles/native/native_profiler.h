// The profiler of machine code: programs in C, C++, Rust, Go and whatever no other profiler reads, sampled by
// the kernel's CPU clock while they run. Threads that wait have no stacks; their waiting is one entry.
#pragma once

#include <memory>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_native_profiler(const RecordingOptions& options, ProfileBuilder& builder);

}  // namespace rh::profiles
