// RFC 3339 time stamps as nanoseconds, without locale and time zone database.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rh::collectors {

// "2026-03-01T12:34:56.123456789Z" or with "+01:00"; nanoseconds since the epoch. Years 1970 to 2260.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_rfc3339(std::string_view text);

}  // namespace rh::collectors
