// Percent-encoding of URI paths (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rh::agent::mcp {

// '/' stays.
[[nodiscard]] std::string percent_encoded(std::string_view path);
// Nothing: a '%' without two hex digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace rh::agent::mcp
