// Takes secrets out of the files that a suite left in its folder of the run directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/base/redact.h"

namespace rh::engine {

// Files keep their length, because some hold offsets (a coverage database). One that cannot be changed is
// removed. Returns what could not be looked at, with the reason. The tree that wrote there must be dead.
[[nodiscard]] std::vector<std::string> redact_folder(const std::filesystem::path& folder, const Secrets& secrets);

}  // namespace rh::engine
