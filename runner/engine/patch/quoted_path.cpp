#include "runner/engine/patch/quoted_path.h"

namespace rh::engine {
namespace {

constexpr std::string_view kEscapes = "abtnvfr\"\\";
constexpr std::string_view kMeanings = "\a\b\t\n\v\f\r\"\\";

bool is_octal(char c) { return c >= '0' && c <= '7'; }

}  // namespace

std::optional<std::string> unquoted_path(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  if (text.size() < 2 || !text.ends_with('"')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string path;
  while (!text.empty()) {
    if (text.front() != '\\') {
      path += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (text.size() >= 4 && text[1] <= '3' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
      path += static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
      text.remove_prefix(4);
      continue;
    }
    const std::size_t known = text.size() < 2 ? std::string_view::npos : kEscapes.find(text[1]);
    if (known == std::string_view::npos) return std::nullopt;
    path += kMeanings[known];
    text.remove_prefix(2);
  }
  return path;
}

}  // namespace rh::engine
