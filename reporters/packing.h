// Puts a large text into a page as characters that no HTML parser reads anything into.
#pragma once

#include <string>
#include <string_view>

#include "runner/base/result.h"

namespace rh::reporters {

[[nodiscard]] Result<std::string> gzip(std::string_view bytes);  // the same bytes for the same input
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace rh::reporters
