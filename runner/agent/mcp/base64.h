// Base64 (RFC 4648, standard alphabet, padded).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rh::agent::mcp {

[[nodiscard]] std::string base64_of(std::string_view bytes);
// Nothing: it is not base64.
[[nodiscard]] std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace rh::agent::mcp
