// Where in the caller's own code an error lies, from tracebacks and compilers' messages.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runner/agent/help/error_help.h"

namespace rh::agent {

// `line`: of the message. Frames of libraries are passed over where there is one of the caller's own.
[[nodiscard]] std::optional<ErrorPlace> place_of_error(Language language, const std::vector<std::string_view>& lines,
                                                       std::size_t line);

}  // namespace rh::agent
