// Turns the Go modules of a repository into suites.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/adapters/go_toolchain.h"
#include "runner/model/diagnostic.h"
#include "runner/model/repository.h"
#include "runner/model/suite.h"

namespace rh::adapters {

// Keys of Suite::details.
namespace go_detail {
constexpr const char* kModule = "module";  // path in go.mod; absent when the file has none
constexpr const char* kWorkspace =
    "workspace";  // folder of the go.work that uses the module, relative to the repository
constexpr const char* kOutside = "outside_workspace";  // a go.work above does not use the module
}  // namespace go_detail

[[nodiscard]] std::vector<model::Suite> go_suites(const model::Repository& repository,
                                                  std::vector<model::Diagnostic>& diagnostics);

// Module versions that the suite needs and the cache does not hold, as far as files tell; "path@version".
[[nodiscard]] std::vector<std::string> missing_go_modules(const model::Suite& suite,
                                                          const std::filesystem::path& repository_root,
                                                          const GoToolchain& go);

}  // namespace rh::adapters
