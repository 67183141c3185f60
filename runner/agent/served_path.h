// Paths that callers name. A caller over MCP reaches what lies in the folder that is served and nothing else, whatever
// symbolic links say: code that ran there may have made them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/agent/tool.h"
#include "runner/base/result.h"

namespace rh::agent {

// With all links followed, as far as it exists. Below the served folder, or an error that names both.
[[nodiscard]] Result<std::filesystem::path> path_in_served(const Service& service, const std::string& name);
// To be read: over MCP as path_in_served; a person on the command line may name any file.
[[nodiscard]] Result<std::filesystem::path> readable_path(const Service& service, const CallContext& context,
                                                          const std::string& name);
// Over MCP an error for the first that may not be read, or for a stored run that is a path and no name.
[[nodiscard]] Result<void> check_files(const Service& service, const CallContext& context,
                                       const std::vector<std::string>& names);
[[nodiscard]] Result<void> check_run_name(const CallContext& context, const std::string& name);

}  // namespace rh::agent
