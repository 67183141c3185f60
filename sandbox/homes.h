// Which paths of the host are the caller's own, so that the command must not see what lies in them.
#pragma once

#include <filesystem>
#include <vector>

#include "sandbox/sandbox.h"

namespace rh::sandbox {

// Real, existing folders and files. A home that is the root folder stands for its dot entries:
// containers run arbitrary uids with HOME=/.
[[nodiscard]] std::vector<std::filesystem::path> private_paths(const FilesystemPolicy& policy);

}  // namespace rh::sandbox
