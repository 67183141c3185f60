// The secrets of a run: the caller's variables whose name says that they hold one.
#pragma once

#include <memory>
#include <optional>

#include "runner/base/redact.h"
#include "runner/engine/run_options.h"
#include "runner/model/command.h"
#include "runner/model/diagnostic.h"

namespace rh::engine {

// Null when the caller switched redaction off.
[[nodiscard]] std::shared_ptr<const Secrets> caller_secrets(const model::Environment& caller,
                                                            const RunOptions& options);

// What was taken out, by name and number of places; nothing where nothing was found.
[[nodiscard]] std::optional<model::Diagnostic> secrets_found(const Secrets& secrets);

}  // namespace rh::engine
