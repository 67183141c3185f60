// The profiler of CPython programs: reads their stacks from outside, without stopping them.
#pragma once

#include <memory>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_py_sampler(const RecordingOptions& options, ProfileBuilder& builder);

}  // namespace rh::profiles
