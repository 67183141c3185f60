// Turns the packages of a repository into suites: one for each runner that a package's tests use.
#pragma once

#include <string>
#include <vector>

#include "runner/adapters/npm_workspace.h"
#include "runner/model/suite.h"

namespace rh::adapters {

// Keys of Suite::details; a list has one element per line.
namespace npm_detail {
constexpr const char* kPackageManager = "package_manager";
constexpr const char* kInstallFolder = "install_folder";  // relative to the repository root
constexpr const char* kScript = "script";                 // the script that the runner was found in
constexpr const char* kCommand = "command";               // the recognised command as written
constexpr const char* kShellArgs = "shell_args";          // the runner's arguments when only a shell can expand them
constexpr const char* kNodeArgs = "node_args";
constexpr const char* kCoverageWrapper = "coverage_wrapper";
constexpr const char* kBuild = "build";                   // commands to run before the tests
constexpr const char* kSkippedChecks = "skipped_checks";  // lint, format and type checks that are not run
}  // namespace npm_detail

[[nodiscard]] std::vector<model::Suite> npm_suites(const model::Repository& repository,
                                                   std::vector<model::Diagnostic>& diagnostics);

[[nodiscard]] std::vector<std::string> detail_list(const model::Suite& suite, const char* key);

}  // namespace rh::adapters
