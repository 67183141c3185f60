#include "runner/agent/served_path.h"

#include <fmt/core.h>

#include "runner/agent/service.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {

namespace fs = std::filesystem;

Result<fs::path> path_in_served(const Service& service, const std::string& name) {
  std::error_code problem;
  const fs::path served = fs::canonical(service.paths().project, problem);
  const fs::path path = fs::weakly_canonical(service.paths().project / name, problem);
  if (problem || name.find('\0') != std::string::npos || (path != served && !is_below(path, served)))
    return fail(rh::ErrorKind::usage,
                fmt::format("take the path: it must lie in the folder that is served, {}", served.string()),
                to_valid_utf8(name).substr(0, 200));
  return path;
}

Result<fs::path> readable_path(const Service& service, const CallContext& context, const std::string& name) {
  if (context.over_mcp) return path_in_served(service, name);
  return service.paths().project / name;
}

Result<void> check_files(const Service& service, const CallContext& context, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    // A pattern is judged by what stands before its first wildcard, and may not climb behind it.
    const std::string fixed = name.substr(0, name.find_first_of("*?["));
    if (!context.over_mcp) continue;
    if (fixed != name && name.find("..") != std::string::npos)
      return fail(rh::ErrorKind::usage, "take the path: a pattern with '..' is not taken over MCP",
                  to_valid_utf8(name).substr(0, 200));
    RH_TRY([[maybe_unused]] const fs::path path, path_in_served(service, fixed));
  }
  return {};
}

Result<void> check_run_name(const CallContext& context, const std::string& name) {
  if (!context.over_mcp || (name.find('/') == std::string::npos && name != "." && name != "..")) return {};
  return fail(rh::ErrorKind::usage, "find the run: over MCP it is named by its id, or 'latest'",
              to_valid_utf8(name).substr(0, 200));
}

}  // namespace rh::agent
