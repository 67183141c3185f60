// Text that tests and tools produced, made harmless for the place where it is shown: no terminal
// sequences, no control characters, valid UTF-8, bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rh::reporters {

// One line: line breaks and tabs become spaces.
[[nodiscard]] std::string clean_line(std::string_view text, std::size_t max_bytes = 400);
// Several lines; the middle is cut when there are more than max_lines, and the cut is told.
[[nodiscard]] std::string clean_block(std::string_view text, std::size_t max_lines, std::size_t max_bytes = 8000);
// Both with line breaks and tabs kept and no bound.
[[nodiscard]] std::string clean_text(std::string_view text);

// At most max_bytes, cut between UTF-8 characters, with "..." when cut.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t max_bytes);
// Columns on a terminal, near enough for aligning: East Asian and emoji characters take two.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace rh::reporters
