#include "collectors/coverage/script_text.h"

#include <algorithm>
#include <optional>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// Length in UTF-16 code units of valid UTF-8: one a character, two for those of four bytes.
std::uint32_t utf16_length(std::string_view utf8) {
  std::uint32_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0U) != 0x80U;
    units += byte >= 0xF0U;
  }
  return units;
}

// As String.prototype.trimEnd: white space and line ends of Unicode, the byte order mark among them.
std::string_view without_blanks_at_end(std::string_view text) {
  constexpr std::string_view kWide[] = {"\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                        "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80", "\xEF\xBB\xBF"};
  for (;;) {
    const std::size_t before = text.size();
    while (!text.empty() && std::string_view(" \t\n\v\f\r").find(text.back()) != std::string_view::npos)
      text.remove_suffix(1);
    for (const std::string_view wide : kWide)
      if (text.ends_with(wide)) text.remove_suffix(wide.size());
    const bool in_2000 = text.size() >= 3 && text.substr(text.size() - 3, 2) == "\xE2\x80";
    if (in_2000 && static_cast<unsigned char>(text.back()) <= 0x8A) text.remove_suffix(3);  // U+2000 to U+200A
    if (text.size() == before) return text;
  }
}

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A comment that leaves lines out of the count.
struct Hint {
  std::optional<std::uint64_t> next;  // this line and so many more
  bool start = false, stop = false;   // from here on, or up to here
};

bool drop_ignore_next(std::string_view& text) {
  return (drop_prefix(text, "c8") || drop_prefix(text, "v8") || drop_prefix(text, "node:coverage")) &&
         drop_prefix(text, " ignore next");
}

// "/* c8 ignore next 3 */" on a line of its own leaves out three more lines, without a number one more; behind code
// only its own line. "/* c8 ignore start */" and "stop", and "/* node:coverage disable */" and "enable", are a pair.
std::optional<Hint> read_hint(std::string_view line) {
  const auto word = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_word) - line.begin());
  if (word >= 3 && line.substr(word - 3, 3) == "/* ") {
    std::string_view rest = line.substr(word);
    if (drop_ignore_next(rest)) {
      const bool numbered = drop_prefix(rest, " ");
      const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
      const bool number = numbered && digits > 0;
      return Hint{number ? parse_u64(rest.substr(0, digits)).value_or(UINT64_MAX) : 1, false, false};
    }
  }
  std::optional<Hint> hint;
  for (std::size_t at = line.find("/* "); at != std::string_view::npos; at = line.find("/* ", at + 1)) {
    std::string_view rest = line.substr(at + 3);
    std::string_view next = rest;
    if (drop_ignore_next(next)) return Hint{0, false, false};
    if (hint) continue;
    if (drop_prefix(rest, "c8 ignore ") || drop_prefix(rest, "v8 ignore ")) {
      if (rest.starts_with("start")) hint = Hint{std::nullopt, true, false};
      if (rest.starts_with("stop")) hint = Hint{std::nullopt, false, true};
    } else if (drop_prefix(rest, "node:coverage ")) {
      if (rest.starts_with("disable")) hint = Hint{std::nullopt, true, false};
      if (rest.starts_with("enable")) hint = Hint{std::nullopt, false, true};
    }
  }
  return hint;
}

}  // namespace

ScriptText::ScriptText(std::string_view bytes) {
  const std::string valid = to_valid_utf8(bytes);
  has_bom_ = valid.starts_with("\xEF\xBB\xBF");
  whole_size_ = utf16_length(valid);
  std::string_view text = without_blanks_at_end(valid);
  std::uint64_t ignored_next = 0;
  bool ignoring = false;
  std::uint32_t position = 0;
  do {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    Line& entry = lines_.emplace_back();
    entry.start = position;
    entry.ignored = ignored_next > 0 || ignoring;
    if (ignored_next > 0) --ignored_next;
    const bool last = newline == std::string_view::npos;
    position += utf16_length(line) + (last ? 0 : 1);
    if (!last && line.ends_with('\r')) line.remove_suffix(1);
    entry.end = entry.start + utf16_length(line);
    if (line.find("/* ") != std::string_view::npos) {
      if (const auto hint = read_hint(line)) {
        entry.ignored = true;
        if (hint->next) ignored_next = *hint->next;
        if (hint->start || hint->stop) ignoring = hint->start, ignored_next = 0;
      }
    }
    text.remove_prefix(last ? text.size() : newline + 1);
  } while (!text.empty());
}

ScriptText::ScriptText(const std::vector<std::uint32_t>& line_lengths) {
  std::uint64_t position = 0;
  for (const std::uint32_t length : line_lengths) {
    if (position + length >= UINT32_MAX) break;  // no script is that long
    const auto start = static_cast<std::uint32_t>(position);
    lines_.push_back({start, start + length, false});
    position += length + 1ULL;
  }
  whole_size_ = static_cast<std::uint32_t>(position);
  while (lines_.size() > 1 && lines_.back().start == lines_.back().end) lines_.pop_back();
  if (lines_.empty()) lines_.emplace_back();
}

std::pair<std::size_t, std::size_t> ScriptText::touched(std::int64_t start, std::int64_t end) const {
  const auto first =
      std::partition_point(lines_.begin(), lines_.end(), [&](const Line& line) { return line.end <= start; });
  const auto last = std::partition_point(first, lines_.end(), [&](const Line& line) { return line.start <= end; });
  return {static_cast<std::size_t>(first - lines_.begin()), static_cast<std::size_t>(last - lines_.begin())};
}

std::int64_t ScriptText::offset(std::size_t line, std::int64_t column) const {
  if (line >= lines_.size()) return size();
  return std::min<std::int64_t>(lines_[line].start + column, lines_[line].end);
}

}  // namespace rh::collectors
