// The positive controls: a program started by fork and exec, with no sandbox around it.
#pragma once

#include <chrono>

#include "runner/model/command.h"
#include "tests/escape/corpus.h"

namespace rh::escape {

// Ends the program, and all that it started, at the deadline or at the end of its main process.
[[nodiscard]] Ran run_uncaged(const model::Command& command, std::chrono::milliseconds deadline);

}  // namespace rh::escape
