#include "reporters/profile/text_parts.h"

#include <fmt/core.h>

#include "reporters/plain_text.h"
#include "runner/base/library_path.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kLeastName = 12;  // columns

std::string without_leading_folders(const std::string& file, std::size_t columns) {
  constexpr std::string_view kCut = "...";
  std::size_t from = 0;
  while (width_of(file) - from + (from > 0 ? kCut.size() : 0) > columns) {
    const std::size_t slash = file.find('/', from + 1);
    if (slash == std::string::npos) break;
    from = slash;
  }
  return from == 0 ? file : std::string(kCut) + file.substr(from);
}

}  // namespace

std::string percent_text(const model::ShareFigure& share) {
  return share.value ? fmt::format("{:.1f} %", *share.value * 100) : "-";
}

std::string interval_text(const model::ShareFigure& share) {
  return share.value ? fmt::format("{:.1f} to {:.1f} %", share.low * 100, share.high * 100) : "-";
}

std::string time_text(std::uint64_t ns) { return format_duration(std::chrono::nanoseconds(ns)); }

std::string place(std::string_view name, std::string_view file, std::uint32_t line, std::size_t columns) {
  const std::string shown_name = clean_line(name);
  const std::string_view library = library_path(file);
  std::string shown_file = clean_line(library.empty() ? file : library);
  const auto with = [&](const std::string& a_name, const std::string& a_file) {
    if (a_file.empty()) return a_name;
    return line == 0 ? fmt::format("{} ({})", a_name, a_file) : fmt::format("{} ({}:{})", a_name, a_file, line);
  };
  std::string text = with(shown_name, shown_file);
  if (width_of(text) <= columns || shown_file.empty()) return text;
  const std::size_t beside = width_of(text) - width_of(shown_file);
  shown_file = without_leading_folders(shown_file, columns > beside ? columns - beside : 0);
  text = with(shown_name, shown_file);
  if (width_of(text) <= columns) return text;
  const std::size_t over = width_of(text) - columns;
  const std::size_t name_width = width_of(shown_name);
  return with(fit(shown_name, name_width > over + kLeastName ? name_width - over : kLeastName), shown_file);
}

std::string wrapped(const Style& style, std::string_view head, Tone tone, std::string_view text, std::size_t width) {
  constexpr std::size_t kIndent = 2;
  std::string lines = style(tone, head);
  std::size_t column = width_of(head);
  bool at_start = true;
  for (const std::string_view word : split(text, ' ')) {
    const std::size_t length = width_of(word);
    if (!at_start && column + 1 + length > width) {
      lines += '\n' + std::string(kIndent, ' ');
      column = kIndent;
      at_start = true;
    }
    if (!at_start) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += length;
    at_start = false;
  }
  return lines + '\n';
}

}  // namespace rh::reporters
