// The end of a run for the person who waits for it: what failed, why, how to run it again; then the
// suites, gates, diagnostics and isolation; the verdict last.
#pragma once

#include <string>

#include "reporters/reporter.h"

namespace rh::reporters {

[[nodiscard]] std::string summary(const model::RunReport& report, const TerminalOptions& options);

}  // namespace rh::reporters
