// Paths as git writes them in headers: as they are, or between double quotes with the escapes of C when they hold
// control bytes, quotes or backslashes (core.quotePath=false leaves other bytes alone).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rh::engine {

// The whole text is one path; nullopt: a quote that does not end, or an unknown escape.
[[nodiscard]] std::optional<std::string> unquoted_path(std::string_view text);

}  // namespace rh::engine
