// What is installed for a Node package, and the parts that the steps of all runners share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/adapters/npm_manifest.h"

namespace rh::adapters {

// Coverage tools leave out what lies in a node_modules folder: our own files must not count.
constexpr std::string_view kNodeSupportFolder = "node_modules/runharness";
[[nodiscard]] std::filesystem::path node_support_file(const StepContext& context, std::string_view name);

struct InstalledPackage {
  std::filesystem::path folder;
  NpmManifest manifest;
};

// node_modules/<name> of `folder` or the nearest folder above it, up to `top`.
[[nodiscard]] std::optional<InstalledPackage> find_installed(const std::filesystem::path& folder,
                                                             const std::filesystem::path& top, const std::string& name);
[[nodiscard]] std::optional<InstalledPackage> find_installed(const StepContext& context, const std::string& name);

// Major version, 0 when the text has none.
[[nodiscard]] unsigned major_version(std::string_view version);

// The node executable of the suite, its real folder granted when it lies under the caller's home (nvm, volta, fnm).
[[nodiscard]] std::filesystem::path node_path(const model::Suite& suite, const StepContext& context);

// The command that starts `bin` of `package`: node and the file when it is installed, else the name for PATH.
[[nodiscard]] std::vector<std::string> program_command(const model::Suite& suite, const StepContext& context,
                                                       const std::string& package, const std::string& bin);

// A step in the suite's folder with node_modules/.bin on PATH, CI=1 and the suite's own environment.
[[nodiscard]] model::Step node_step(const model::Suite& suite, const StepContext& context, std::string name,
                                    model::StepKind kind);

// The same for tests: RUNHARNESS_EVENTS and the result file that it names.
[[nodiscard]] model::Step node_test_step(const model::Suite& suite, const StepContext& context);

// Ends the command with the project's own arguments and the caller's. Arguments that only a shell can
// expand are left to /bin/sh, as npm does.
void append_project_args(model::Step& step, const model::Suite& suite, const StepContext& context,
                         const std::vector<std::string>& args);

void add_node_option(model::Step& step, const model::Suite& suite, const StepContext& context,
                     const std::string& option);

[[nodiscard]] std::filesystem::path coverage_folder(const StepContext& context);
void expect_lcov(model::Step& step, const model::Suite& suite, const StepContext& context);

// Puts c8 or nyc before the command, with the arguments of the project's script if it has them there.
// Returns why that cannot be, or an empty text.
[[nodiscard]] std::string coverage_wrapper_problem(const model::Suite& suite, const StepContext& context);
void wrap_in_coverage(model::Step& step, const model::Suite& suite, const StepContext& context);
// The wrapper of the project's script, else the one that is installed; c8 by default.
[[nodiscard]] std::string coverage_wrapper_name(const model::Suite& suite, const StepContext& context);

// Regular expression that matches exactly this text, in JavaScript.
[[nodiscard]] std::string escape_regex(std::string_view text);
// "cd packages/web && ", or nothing for the repository's root.
[[nodiscard]] std::string enter_folder(const std::string& folder);

}  // namespace rh::adapters
