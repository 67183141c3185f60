// Go's settings without starting go: the caller's environment, the user's env file, GOROOT/go.env and
// the built-in defaults, in that order, as `go env` resolves them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

struct GoToolchain {
  std::filesystem::path go;        // empty when missing
  std::filesystem::path goroot;    // may be empty when it cannot be told from files
  std::string version;             // "1.26.8"; empty without a VERSION file
  std::filesystem::path env_file;  // empty when switched off
  std::filesystem::path gopath;    // the first one
  std::filesystem::path module_cache, build_cache;
  std::map<std::string, std::string> settings;  // of the files; the environment's win

  [[nodiscard]] std::string setting(const model::Environment& environment, const std::string& name) const;
};

[[nodiscard]] GoToolchain find_go(const Host& host);

// Splits GOFLAGS: blanks separate, 'single' and "double" quotes group.
[[nodiscard]] std::vector<std::string> split_go_flags(std::string_view text);

// "go1.26.8" of `go version` output or a VERSION file, without the "go".
[[nodiscard]] std::string go_version_in(std::string_view text);

}  // namespace rh::adapters
