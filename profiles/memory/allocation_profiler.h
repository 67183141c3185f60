// Allocation hot spots of Python for `--memory`: a sampling allocator that programs load themselves by PYTHONPATH.
#pragma once

#include <memory>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_allocation_profiler(const RecordingOptions& options,
                                                                 ProfileBuilder& builder);

}  // namespace rh::profiles
