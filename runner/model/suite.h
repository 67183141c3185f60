// A test suite found in the repository, why it was found and which tool will run it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/command.h"
#include "runner/model/ids.h"
#include "runner/model/limits.h"

namespace rh::model {

struct Tool {
  std::string name;            // "python3", "node", "go", "cargo"
  std::filesystem::path path;  // empty when missing
  std::string version;         // "3.11.7, pytest 9.2.0"; empty until probed
  std::string problem;         // why it cannot be used, and what to do; empty when usable
};

struct Suite {
  SuiteId id;
  std::string ecosystem;  // "pytest", "npm", "go", "cargo", "custom"
  std::string runner;     // "pytest", "node:test", "vitest", "jest", "mocha", "go", "cargo", "custom"
  std::string root;       // folder relative to the repository root, "." for the root itself
  std::string reason;     // "pyproject.toml has [tool.pytest.ini_options]"
  Tool tool;
  std::vector<std::string> runner_args;        // the arguments that the project itself gives its runner
  Environment env;                             // from the project's own script (cross-env) or configuration
  std::map<std::string, std::string> details;  // adapter's own notes: "package_manager", "script", ...
  Limits limits;                               // filled by planning
  [[nodiscard]] bool runnable() const { return tool.problem.empty(); }
};

}  // namespace rh::model
