// Profiles bash scripts: their functions and lines, with the CPU time of the shell itself.
#pragma once

#include <filesystem>
#include <memory>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_bash_profiler(const RecordingOptions& options, ProfileBuilder& builder);

}  // namespace rh::profiles
