// Where the time of the slowest tests went, on the terminal.
#pragma once

#include <string>

#include "reporters/terminal/style.h"
#include "runner/model/report.h"

namespace rh::reporters {

// Lines, or nothing for a run that recorded no profiles.
[[nodiscard]] std::string test_profiles_text(const model::RunReport& report, const Style& style);

}  // namespace rh::reporters
