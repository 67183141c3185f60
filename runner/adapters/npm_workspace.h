// The npm packages of a repository, and which of them form a workspace with one lock file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/adapters/npm_manifest.h"
#include "runner/model/diagnostic.h"
#include "runner/model/repository.h"

namespace rh::adapters {

struct NpmPackage {
  std::string folder;  // relative to the repository root
  NpmManifest manifest;
  std::string install_folder;   // where the package manager has to run: the workspace's root, or the folder itself
  std::string package_manager;  // "npm", "pnpm", "yarn", "bun"
  bool workspace_root = false;
  bool workspace_member = false;
};

// Broken package.json files become diagnostics. Packages in fixture folders are left out.
[[nodiscard]] std::map<std::string, NpmPackage> find_npm_packages(const model::Repository& repository,
                                                                  std::vector<model::Diagnostic>& diagnostics);

// Does one of the workspace patterns ("packages/*", "!packages/old", "apps/**") name the folder (relative to the
// workspace's root)?
[[nodiscard]] bool is_workspace_member(const std::vector<std::string>& patterns, const std::string& folder);

}  // namespace rh::adapters
