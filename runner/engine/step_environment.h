// What a step's process gets of the caller's world: an allow-list of variables, and the folders that
// stay visible although HOME is private.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/engine/run_context.h"
#include "runner/model/step.h"
#include "runner/model/suite.h"
#include "sandbox/sandbox.h"

namespace rh::engine {

// PATH, HOME, user, locale and time zone, the passed names, then the suite's and the step's own.
[[nodiscard]] model::Environment step_environment(const model::Environment& caller, const model::Suite& suite,
                                                  const model::Step& step, const std::vector<std::string>& pass_env);

struct StepFolders {
  std::filesystem::path out;    // writable
  std::filesystem::path cache;  // writable
};
[[nodiscard]] sandbox::FilesystemPolicy filesystem_policy(const RunContext& context, const model::Step& step,
                                                          const StepFolders& folders);

}  // namespace rh::engine
