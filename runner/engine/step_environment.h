// What a command gets of the caller's world: an allow-list of variables, and the folders that stay
// visible although HOME is private. The same for a step of `test` and for `run`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/engine/run_context.h"
#include "runner/model/step.h"
#include "runner/model/suite.h"
#include "sandbox/sandbox.h"

namespace rh::engine {

// PATH, HOME, user, locale and time zone, and what matches `passed`.
[[nodiscard]] model::Environment passed_environment(const model::Environment& caller,
                                                    const std::vector<std::string>& passed);
// That, then the suite's and the step's own, and the caller's `set` over all.
[[nodiscard]] model::Environment step_environment(const model::Environment& caller, const model::Suite& suite,
                                                  const model::Step& step, const std::vector<std::string>& pass_env,
                                                  const model::Environment& set = {});

// Paths of a workspace that make something outside of the sandbox run what they say: git hooks, CI
// files, our own configuration. They must not change, nor come into being. `lifted` are the caller's
// own exceptions.
[[nodiscard]] std::vector<std::filesystem::path> guarded_paths(const std::filesystem::path& workspace,
                                                               const std::vector<std::filesystem::path>& lifted);

// The workspace, the repository around it, toolchains under HOME, and the caller's rules for paths.
[[nodiscard]] sandbox::FilesystemPolicy workspace_policy(const adapters::Host& host,
                                                         const std::filesystem::path& workspace,
                                                         model::WorkspaceAccess access, const PathRules& rules,
                                                         const std::vector<model::PathGrant>& grants = {});
// A path to be shown that is not there is a mistake of the caller.
[[nodiscard]] Result<void> check_paths(const PathRules& rules, const std::filesystem::path& workspace);

struct StepFolders {
  std::filesystem::path out;    // writable
  std::filesystem::path cache;  // writable
};
[[nodiscard]] sandbox::FilesystemPolicy filesystem_policy(const RunContext& context, const model::Step& step,
                                                          const StepFolders& folders);

}  // namespace rh::engine
