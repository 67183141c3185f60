// Which Python runs a suite and what is installed for it, found out by looking at files only: code
// of the repository is never started for that, and a file lookup costs less than an interpreter.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

struct PythonEnvironment {
  std::filesystem::path python;       // what is executed; pyenv shims are resolved
  std::filesystem::path prefix;       // virtual environment or installation
  std::filesystem::path base_prefix;  // installation behind a virtual environment, else the same
  std::string version;                // "3.11.7" or "3.11"; empty when files do not tell
  std::string origin;                 // ".venv", "VIRTUAL_ENV", "PATH"
  bool is_venv = false;
  bool in_repository = false;                       // may be written by the repository: not trusted as a helper
  std::vector<std::filesystem::path> site_folders;  // where packages are installed, in import order

  // Version of an installed distribution; "" = installed, version unknown; nullopt = not found.
  [[nodiscard]] std::optional<std::string> find_package(std::string_view distribution, std::string_view module) const;
};

// Everything about one interpreter.
[[nodiscard]] PythonEnvironment inspect_python(const std::filesystem::path& python,
                                               const std::filesystem::path& repository_root, const Host& host);

// A virtual environment of the suite or of a folder above it; else the first of VIRTUAL_ENV and the
// Pythons on the PATH that has pytest; else the first of those.
[[nodiscard]] std::optional<PythonEnvironment> choose_python(const std::filesystem::path& suite_dir,
                                                             const std::filesystem::path& repository_root,
                                                             const Host& host);

// The interpreter that a pyenv shim would start for `folder`; nullopt when it would start none.
[[nodiscard]] std::optional<std::filesystem::path> resolve_pyenv_shim(const std::filesystem::path& shim,
                                                                      const std::filesystem::path& folder,
                                                                      const model::Environment& environment);

// Value of an environment variable; empty when it is not set.
[[nodiscard]] std::string variable(const model::Environment& environment, const std::string& name);

}  // namespace rh::adapters
