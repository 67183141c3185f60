// Removes a folder with everything below it, whatever code that is not trusted has made of it.
#pragma once

#include <filesystem>

#include "runner/base/result.h"

namespace rh {

// No link is followed; folders may have lost their permissions and may be nested to any depth. A path
// that does not exist is no error. The first thing that could not be removed is the error.
[[nodiscard]] Result<void> remove_tree(const std::filesystem::path& path);

}  // namespace rh
