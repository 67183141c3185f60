// Arguments that stand in one text, as PYTEST_ARGS has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::agent {

// Quotes and backslashes as in a POSIX shell; nothing is expanded. A quote that is not closed is an error.
[[nodiscard]] Result<std::vector<std::string>> shell_words(std::string_view text);

}  // namespace rh::agent
