// What V8's sampling heap profiler says: the .heapprofile of `node --heap-prof`. Format:
// https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/#type-SamplingHeapProfile
#pragma once

#include <string_view>

#include "profiles/profile_builder.h"
#include "runner/base/result.h"

namespace rh::profiles {

constexpr std::size_t kMaxHeapDepth = 256;

// Adds an AllocationSite for each function that allocated objects which still lived. Sizes are V8's estimates from
// one sample in 64 KiB. What `own_file` and its callees hold is left out. Errors: not that format, or calls nested
// deeper than kMaxHeapDepth.
[[nodiscard]] Result<void> add_node_heap(std::string_view json, std::uint32_t process, std::string_view own_file,
                                         ProfileBuilder& builder);

}  // namespace rh::profiles
