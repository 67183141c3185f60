// Where tests ran, for runners that do not tell.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/step_profiler.h"

namespace rh::profiles {

// `found` by test: the process in which its function was seen, or kNoIndex. Completes it:
// - of tests without a process by that of the others of their class: a Go package is one process;
// - of tests whose process ran nothing of their file, by the process below it that did: vitest tells its own process,
//   and runs each file in another.
void complete_processes(const model::Profile& profile, const std::vector<RanTest>& tests,
                        std::vector<std::uint32_t>& found);

}  // namespace rh::profiles
