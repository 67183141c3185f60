// Time stamps as nanoseconds since the epoch, without locale and time zone database.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rh::collectors {

// "2026-03-01T12:34:56.123456789Z" or with "+01:00"; nanoseconds since the epoch. Years 1970 to 2260.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_rfc3339(std::string_view text);

// The forms that test reports have: "2026-03-01T12:34:56" with a fraction or without, with "Z", "+01:00",
// "+0100" or " UTC" behind it, a blank in place of or behind the "T"; "Sun, 01 Mar 2026 12:34:56 GMT";
// seconds or milliseconds since the epoch. No value for what names no zone: it is the local time of a
// host that nobody knows.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_report_time(std::string_view text);

}  // namespace rh::collectors
