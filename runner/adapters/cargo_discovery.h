// Turns the Cargo workspaces and lone packages of a repository into suites.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/model/diagnostic.h"
#include "runner/model/repository.h"
#include "runner/model/suite.h"

namespace rh::adapters {

// Keys of Suite::details.
namespace cargo_detail {
constexpr const char* kPackages = "packages";  // folders of the packages, one a line, relative to the suite's root
constexpr const char* kExternal =
    "external";  // "yes" when a manifest names dependencies that are not in the repository
constexpr const char* kToolchain = "toolchain";  // channel of rust-toolchain.toml
constexpr const char* kHost = "host";            // host triple; these come with probe_tool
constexpr const char* kSysroot = "sysroot";
constexpr const char* kLlvm = "llvm";  // version of rustc's LLVM
}  // namespace cargo_detail

[[nodiscard]] std::vector<model::Suite> cargo_suites(const model::Repository& repository,
                                                     std::vector<model::Diagnostic>& diagnostics);

// Locked packages that CARGO_HOME does not hold unpacked, "name-version".
[[nodiscard]] std::vector<std::string> missing_crates(const std::filesystem::path& lock_file,
                                                      const std::filesystem::path& cargo_home);

}  // namespace rh::adapters
