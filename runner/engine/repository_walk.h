// Walks a repository once: honours .gitignore, .git/info/exclude and a fixed list of folders that
// never hold suites, never follows a symlinked folder, and bounds depth and number of entries.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/diagnostic.h"
#include "runner/model/repository.h"

namespace rh::engine {

constexpr std::size_t kMaxWalkEntries = 2'000'000;
constexpr std::size_t kMaxWalkDepth = 64;

// `paths` are what the user named; the root is their common folder and only they are entered.
[[nodiscard]] Result<model::Repository> walk_repository(const std::vector<std::filesystem::path>& paths,
                                                        std::vector<model::Diagnostic>& diagnostics);

// The folder of the git work tree that holds `path`; empty outside of one.
[[nodiscard]] std::filesystem::path git_toplevel(const std::filesystem::path& path);

}  // namespace rh::engine
