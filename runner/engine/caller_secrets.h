// The secrets of a run: the caller's variables whose name says that they hold one.
#pragma once

#include <memory>

#include "runner/base/redact.h"
#include "runner/engine/run_options.h"
#include "runner/model/command.h"

namespace rh::engine {

// Null when the caller switched redaction off.
[[nodiscard]] std::shared_ptr<const Secrets> caller_secrets(const model::Environment& caller,
                                                            const RunOptions& options);

}  // namespace rh::engine
