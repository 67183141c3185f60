// Which command runs a script: by its name, then by its first line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles {

struct ScriptRequest {
  std::vector<std::string> words;  // the script and its arguments
  std::string python;              // the interpreter asked for; empty: python3 or python of PATH
  std::string path;                // PATH of the caller
  std::filesystem::path cwd;
};

// The command line that runs it. Errors: no such file, a folder, a kind of file that nothing here runs.
[[nodiscard]] Result<std::vector<std::string>> command_of_script(const ScriptRequest& request);

// The file that `name` means when a shell would run it: in PATH, or as it stands when it has a slash.
[[nodiscard]] Result<std::filesystem::path> find_executable(const std::string& name, const std::string& path,
                                                            const std::filesystem::path& cwd);

}  // namespace rh::profiles
