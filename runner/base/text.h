// Text without locale: splitting, UTF-8 repair, glob matching, and the human forms of sizes and
// durations that options, configuration and reports share.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh {

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);  // LF or CRLF
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] bool is_one_of(std::string_view text, std::initializer_list<std::string_view> choices);

// Whole text is a number, else nullopt. No locale, no leading '+', no blanks.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> parse_i64(std::string_view text);
[[nodiscard]] std::optional<double> parse_double(std::string_view text);

// Invalid UTF-8 sequences become U+FFFD; everything else, control bytes included, is kept.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);
[[nodiscard]] std::string strip_ansi(std::string_view text);  // removes ESC[...m and other CSI/OSC sequences
[[nodiscard]] std::string lossless_shell_quote(std::string_view argument);
[[nodiscard]] std::string shell_join(const std::vector<std::string>& argv);

// Shell-like glob over '/'-separated paths: '*' and '?' stay inside a component, "**" crosses them.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view path);

// "512M", "2G", "1024" (bytes), "64KiB"; powers of 1024. Durations "200ms", "90s", "5m", "1h30m".
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string format_size(std::uint64_t bytes);                // "12.3 MiB"
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds span);  // "1.24 s", "3m 05s"

// Nearest of `choices` by edit distance, when close enough to be a typing mistake.
[[nodiscard]] std::optional<std::string> closest(std::string_view text, const std::vector<std::string>& choices);

}  // namespace rh
