#include "runner/agent/visible_text.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

// Of valid UTF-8.
char32_t letter_at(std::string_view text, std::size_t at, std::size_t& size) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  size = std::min(size, text.size() - at);
  if (size == 1) return first;
  char32_t letter = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) letter = letter << 6U | (byte(i) & 0x3fU);
  return letter;
}

bool turns_direction(char32_t letter) {
  return (letter >= 0x202a && letter <= 0x202e) || (letter >= 0x2066 && letter <= 0x2069);
}

bool is_hidden(char32_t letter) {
  if (letter == '\n' || letter == '\t') return false;
  return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || turns_direction(letter) ||
         (letter >= 0x200b && letter <= 0x200f) || (letter >= 0x2060 && letter <= 0x2064) || letter == 0x2028 ||
         letter == 0x2029 || letter == 0xfeff || letter == 0xad || letter == 0x61c || letter == 0x180e ||
         (letter >= 0xe0000 && letter <= 0xe007f);
}

}  // namespace

std::string visible_text(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (std::size_t at = 0, size = 0; at < valid.size(); at += size) {
    const char32_t letter = letter_at(valid, at, size);
    if (is_hidden(letter))
      shown += fmt::format("<U+{:04X}>", static_cast<unsigned>(letter));
    else
      shown.append(valid, at, size);
  }
  return shown;
}

std::string on_one_line(std::string_view text) {
  std::string shown = visible_text(text);
  for (std::size_t at = shown.find('\n'); at != std::string::npos; at = shown.find('\n', at))
    shown.replace(at, 1, "<U+000A>");
  return shown;
}

std::size_t direction_sign(std::string_view text) {
  // All begin with E2 80 or E2 81.
  for (std::size_t at = text.find('\xe2'); at != std::string_view::npos; at = text.find('\xe2', at + 1)) {
    std::size_t size = 0;
    if (at + 2 < text.size() && turns_direction(letter_at(text, at, size))) return at;
  }
  return std::string_view::npos;
}

}  // namespace rh::agent
