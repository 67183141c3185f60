// Packages that are installed by reference to a checkout elsewhere (`pip install -e ../library`).
#pragma once

#include <filesystem>
#include <vector>

#include "runner/adapters/python_environment.h"

namespace rh::adapters {

// Folders outside the environment that its packages are imported from, sorted, each once. Empty for an
// environment inside the repository: its files could name any folder of the machine. Nor is a folder
// returned that would show the whole home.
[[nodiscard]] std::vector<std::filesystem::path> editable_folders(const PythonEnvironment& python, const Host& host);

}  // namespace rh::adapters
