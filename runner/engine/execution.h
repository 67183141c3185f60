// One command in the sandbox, from what the caller allows to the record of what happened: the parts
// that do not depend on how the command's streams are connected.
#pragma once

#include <filesystem>
#include <optional>

#include "runner/adapters/adapter.h"
#include "runner/base/result.h"
#include "runner/engine/run_options.h"
#include "runner/model/execution.h"
#include "sandbox/sandbox.h"

namespace rh::engine {

// `cwd`: canonical; the workspace as well as the working folder.
[[nodiscard]] sandbox::LaunchSpec launch_spec_of(std::vector<std::string> argv, const std::filesystem::path& cwd,
                                                 const RunOptions& options, const adapters::Host& host);

// Everything that the sandbox knows. Output, changes, artifacts and diagnostics are the caller's to add.
[[nodiscard]] model::Execution execution_of(sandbox::ExitRecord&& record, const sandbox::LaunchSpec& spec,
                                            const RunOptions& options);

// What `run` leaves with: the command's own exit code, or what stands for its end (docs/exit-codes.md).
// `interrupted_by`: the signal that runharness itself got, or 0.
[[nodiscard]] int exit_code_of(const model::Execution& execution, int interrupted_by);

// "memory: cgroup v1 memory: oom_kill 1 (limit 256.0 MiB)" where a limit ended the command; else empty.
[[nodiscard]] std::string limit_text(const model::Execution& execution);

}  // namespace rh::engine
