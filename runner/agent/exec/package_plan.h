// Per language: the commands that install packages into a folder, and how a program finds them there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/agent/exec/programs.h"

namespace rh::agent {

constexpr std::uint64_t kMaxManifestBytes = 1 << 20;

struct PackagePlan {
  std::map<std::string, std::string> files;  // of the folder that installing works in
  std::vector<SandboxedCommand> commands;    // argv and what of env is their own
  std::vector<std::filesystem::path> path;   // of tools, before the system's
  std::vector<std::string> taken;            // files that installing makes and the program needs: kept as taken-NAME
};

// go.mod, Cargo.toml, pom.xml, package.json and the like: they name packages by themselves.
[[nodiscard]] bool is_manifest(std::string_view name);
[[nodiscard]] bool needs_packages(const ExecutionRequest& request);

// unsupported or not_found: the tool that would install them is not here.
[[nodiscard]] Result<PackagePlan> plan_packages(const Service& service, const ExecutionRequest& request,
                                                const RunSettings& settings, const FoundRuntime& found,
                                                const std::filesystem::path& target);
[[nodiscard]] Result<PreparedPackages> find_packages(const Service& service, const ExecutionRequest& request,
                                                     const FoundRuntime& found, const std::filesystem::path& target);

// Those of the request that the output of a failed install names; all of them where it names none.
[[nodiscard]] std::vector<std::string> failed_packages(const ExecutionRequest& request, std::string_view output);

// "serde[derive]@1.0", "numpy==1.26", "lodash@4": the name, features or extras, and the version.
struct PackageName {
  std::string name, extras, version;
};
[[nodiscard]] PackageName split_package(std::string_view text);

}  // namespace rh::agent
