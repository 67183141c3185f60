#include "reporters/plain_text.h"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::reporters {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }

// C1 controls (U+0080..U+009F) steer terminals too, and U+FFFE and U+FFFF are no characters of XML.
// Invisible direction marks could make a name read as another one.
bool is_forbidden(std::string_view at) {
  if (at.starts_with('\xC2')) return at.size() > 1 && static_cast<unsigned char>(at[1]) < 0xA0;
  if (at.starts_with("\xEF\xBF")) return at.size() > 2 && (at[2] == '\xBE' || at[2] == '\xBF');
  if (!at.starts_with("\xE2\x80") && !at.starts_with("\xE2\x81")) return false;
  const auto third = static_cast<unsigned char>(at.size() > 2 ? at[2] : 0);
  return at[1] == '\x80' ? third >= 0xAA && third <= 0xAE : third >= 0xA6 && third <= 0xA9;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string clean_text(std::string_view text) {
  const std::string valid = to_valid_utf8(strip_ansi(text));
  std::string clean;
  clean.reserve(valid.size());
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const std::string_view at = std::string_view(valid).substr(i, 3);
    if (at.starts_with("\r\n")) continue;
    if (is_control(valid[i])) {
      clean += valid[i] == '\r' ? std::string_view("\n") : kReplacement;
    } else if (is_forbidden(at)) {
      clean += kReplacement;
      while (i + 1 < valid.size() && is_continuation(valid[i + 1])) ++i;
    } else {
      clean += valid[i];
    }
  }
  return clean;
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes < 3 ? 0 : max_bytes - 3;
  while (end > 0 && is_continuation(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string clean_line(std::string_view text, std::size_t max_bytes) {
  // Cleaning looks at no more than what can be shown; sequences that are dropped leave some room.
  std::string line = clean_text(text.substr(0, max_bytes * 4));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return shorten(trim(line), max_bytes);
}

std::string clean_block(std::string_view text, std::size_t max_lines, std::size_t max_bytes) {
  const std::string clean = clean_text(text);
  const std::vector<std::string_view> lines = split_lines(clean);
  // The end of a traceback or a compiler's output says more than its middle.
  const std::size_t head = lines.size() <= max_lines ? lines.size() : max_lines / 3;
  const std::size_t tail = lines.size() <= max_lines ? 0 : max_lines - head;
  std::string block;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == head && tail > 0) {
      block += fmt::format("... ({} lines cut)\n", lines.size() - head - tail);
      i = lines.size() - tail;
    }
    block += shorten(lines[i], 500);
    block += '\n';
  }
  if (block.size() <= max_bytes) return block;
  const std::string begin = shorten(block, max_bytes / 3);
  std::size_t rest = block.size() - max_bytes / 3 * 2;
  while (rest < block.size() && is_continuation(block[rest])) ++rest;
  return begin + "\n..." + block.substr(rest);
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    if (is_continuation(c)) continue;
    // U+3000 and above, except the replacement character's neighbourhood, is mostly wide.
    const auto lead = static_cast<unsigned char>(c);
    width += lead >= 0xE3 && lead != 0xEF ? 2 : 1;
  }
  return width;
}

}  // namespace rh::reporters
