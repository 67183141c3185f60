#include "reporters/terminal/style.h"

#include <algorithm>

#include <fmt/core.h>

#include "reporters/plain_text.h"

namespace rh::reporters {

using model::Outcome;
using model::SuiteStatus;

std::string Style::operator()(Tone tone, std::string_view text) const {
  if (!color_ || tone == Tone::plain || text.empty()) return std::string(text);
  std::string_view code;
  switch (tone) {
    case Tone::plain:
      break;
    case Tone::bold:
      code = "1";
      break;
    case Tone::dim:
      code = "2";
      break;
    case Tone::good:
      code = "32";
      break;
    case Tone::bad:
      code = "1;31";
      break;
    case Tone::doubtful:
      code = "33";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Tone tone_of(SuiteStatus status) {
  if (status == SuiteStatus::passed) return Tone::good;
  const bool ran =
      status != SuiteStatus::no_tests && status != SuiteStatus::cancelled && status != SuiteStatus::not_started;
  return ran ? Tone::bad : Tone::doubtful;
}

Tone tone_of(Outcome outcome) {
  if (model::is_failure(outcome)) return Tone::bad;
  return outcome == Outcome::passed ? Tone::good : Tone::doubtful;
}

std::string fit(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string(text);
  const std::string_view mark = columns < 4 ? "" : "...";
  std::string cut(text);
  while (!cut.empty() && width_of(cut) + mark.size() > columns) {
    while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xC0) == 0x80) cut.pop_back();
    if (!cut.empty()) cut.pop_back();
  }
  return cut + std::string(mark);
}

std::string Table::render(const Style& style, std::size_t width) const {
  constexpr std::size_t kGap = 2, kNarrowest = 12;
  std::vector<std::size_t> widths(columns_.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].text));
  std::size_t total = kGap * (columns_.size() - 1);
  for (const std::size_t column : widths) total += column;
  if (total > width)
    widths[0] = std::max(widths[0] - std::min(widths[0], total - width), std::min(widths[0], kNarrowest));

  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = i == 0 ? fit(row[i].text, widths[0]) : row[i].text;
      const std::string padding(widths[i] - std::min(widths[i], width_of(cell)), ' ');
      const bool right = columns_[i] == Align::right;
      if (i > 0) line.append(kGap, ' ');
      if (right) line += padding;
      line += style(row[i].tone, cell);
      if (!right && i + 1 < row.size()) line += padding;
    }
    text += line + '\n';
  }
  return text;
}

}  // namespace rh::reporters
