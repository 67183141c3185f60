// One fixed profile that exercises what profiles can hold: two recorded processes and one that is not, threads,
// recursion, machine code, imports, garbage collection, waits, a sample without a stack, late and rejected ticks.
#pragma once

#include "runner/model/profile.h"

namespace rh::golden {

[[nodiscard]] model::Profile make_profile();
// The same program after a change: parsing takes more of its time.
[[nodiscard]] model::Profile make_changed_profile();
// A program that ended before the first sample.
[[nodiscard]] model::Profile make_empty_profile();

}  // namespace rh::golden
