// What the actions of `history` share.
#pragma once

#include <filesystem>

#include "runner/app/options.h"
#include "runner/base/result.h"

namespace rh::app {

// --project, or the working directory; a folder that is there.
[[nodiscard]] Result<std::filesystem::path> project_folder(const CommandLine& line);
// The nearest .runharness at or above the project that holds a history; its own place for one where there is
// none.
[[nodiscard]] std::filesystem::path state_folder(const std::filesystem::path& project);

// `history quarantine list|add|remove`.
[[nodiscard]] Result<int> run_quarantine(const CommandLine& line);

}  // namespace rh::app
