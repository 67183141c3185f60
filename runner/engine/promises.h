// What the caller demands of the sandbox before anything may start: --require-isolation and --require.
#pragma once

#include "runner/base/result.h"
#include "runner/engine/run_options.h"
#include "sandbox/sandbox.h"

namespace rh::engine {

// Sets up a sandbox of that shape, without any command in it, and says what is in force there.
[[nodiscard]] Result<model::IsolationReport> try_sandbox(sandbox::Launcher& launcher, sandbox::LaunchSpec shape);

// Does so when something is demanded; an error of ErrorKind::isolation names each promise that would
// not be kept, and why.
[[nodiscard]] Result<void> check_promises(sandbox::Launcher& launcher, const RunOptions& options,
                                          const sandbox::LaunchSpec& shape);

}  // namespace rh::engine
