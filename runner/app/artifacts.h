// Files of the workspace that the caller asked for, taken out once the process tree is dead.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/collected_file.h"
#include "sandbox/sandbox.h"

namespace rh::app {

// `changes`: of an overlay that was not applied, else null. What the command saw is what is collected:
// its own version of a file before that of the workspace, and none that it deleted.
[[nodiscard]] Result<std::vector<model::CollectedFile>> collect_artifacts(const std::filesystem::path& workspace,
                                                                          sandbox::FileChanges* changes,
                                                                          const std::vector<std::string>& patterns,
                                                                          const std::filesystem::path& destination);

}  // namespace rh::app
