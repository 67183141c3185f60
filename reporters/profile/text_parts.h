// Pieces of the texts of profiles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reporters/terminal/style.h"
#include "runner/model/profile_summary.h"

namespace rh::reporters {

inline constexpr std::size_t kNarrowestPage = 60;
inline constexpr std::size_t kFigureColumns = 44;  // of a table of functions beside the first column
inline constexpr std::size_t kLineColumns = 35;    // of a table of lines
inline constexpr std::size_t kMaxSentence = 4000;  // bytes

// "41.3 %"; "-" if there is none.
[[nodiscard]] std::string percent_text(const model::ShareFigure& share);
[[nodiscard]] std::string interval_text(const model::ShareFigure& share);  // "40.1 to 42.5 %"
[[nodiscard]] std::string time_text(std::uint64_t ns);
// "name (file:line)" within that many columns: leading folders give way first, then the middle of the name.
[[nodiscard]] std::string place(std::string_view name, std::string_view file, std::uint32_t line, std::size_t columns);
// `head` in that tone and `text`, in lines of at most `width` columns; later lines are indented.
[[nodiscard]] std::string wrapped(const Style& style, std::string_view head, Tone tone, std::string_view text,
                                  std::size_t width);

}  // namespace rh::reporters
