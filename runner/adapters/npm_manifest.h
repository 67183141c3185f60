// What a package.json says that matters to running its tests.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::adapters {

struct NpmManifest {
  std::string name;
  std::string package_manager;  // "pnpm@9.1.0"
  std::map<std::string, std::string> scripts;
  std::map<std::string, std::string> dependencies;  // of all kinds, name -> range
  std::vector<std::string> workspaces;              // patterns of member folders
  std::map<std::string, std::string> bin;           // command -> file in the package
  std::string version;
  bool has_jest_config = false;  // the keys "jest", "mocha", "c8" or "nyc"
  bool has_mocha_config = false;
  bool has_coverage_config = false;

  [[nodiscard]] bool depends_on(const std::string& package) const { return dependencies.contains(package); }
};

constexpr std::uint64_t kManifestLimit = 4ULL << 20;

// `subject` names the file in errors, which say line and column: "package.json:3:5".
[[nodiscard]] Result<NpmManifest> parse_npm_manifest(std::string_view text, const std::string& subject);

// The list under `packages:` of a pnpm-workspace.yaml, in block or flow style.
[[nodiscard]] std::vector<std::string> parse_pnpm_workspace(std::string_view yaml);

}  // namespace rh::adapters
