#include "collectors/results/xml_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace rh::collectors {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Reference {
  std::uint32_t code = 0;
  std::size_t length = 0;  // with '&' and ';'
  bool number = false;
};

std::optional<Reference> parse_number(std::string_view body, std::size_t length) {
  const bool hex = body.starts_with('x') || body.starts_with('X');
  if (hex) body.remove_prefix(1);
  if (body.empty()) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : body) {
    std::uint32_t digit = 99;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0');
    else if (hex && c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    else if (hex && c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit == 99) return std::nullopt;
    code = code * (hex ? 16 : 10) + digit;
    if (code > 0x10FFFF) code = 0x110000;  // forbidden, and no overflow
  }
  return Reference{code, length, true};
}

// The reference at the head of `text`, which begins with '&'.
std::optional<Reference> parse_reference(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
  const std::size_t end = text.substr(0, kMaxXmlReference).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view body = text.substr(1, end - 1);
  if (body.starts_with('#')) return parse_number(body.substr(1), end + 1);
  for (const auto& [name, character] : kEntities)
    if (body == name) return Reference{static_cast<unsigned char>(character), end + 1, false};
  return std::nullopt;
}

bool is_allowed(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code < 0xD800 || (code >= 0xE000 && code <= 0x10FFFF && code != 0xFFFE && code != 0xFFFF);
}

}  // namespace

LooseAmpersands find_loose_ampersands(std::string_view raw) {
  LooseAmpersands loose;
  for (std::size_t at = raw.find('&'); at != std::string_view::npos; at = raw.find('&', at + 1)) {
    if (parse_reference(raw.substr(at))) continue;
    if (loose.count++ == 0) loose.first = at;
  }
  return loose;
}

std::string xml_text(std::string_view raw, Charset charset) {
  std::size_t at = raw.find('&');
  if (at == std::string_view::npos) return to_utf8(raw, charset);
  std::string text;
  std::size_t copied = 0;
  for (; at != std::string_view::npos; at = raw.find('&', at)) {
    auto reference = parse_reference(raw.substr(at));
    if (!reference) {
      ++at;
      continue;
    }
    text += to_utf8(raw.substr(copied, at - copied), charset);
    at += reference->length;
    if (reference->code >= 0xD800 && reference->code < 0xDC00 && raw.substr(at, 1) == "&")
      if (const auto low = parse_reference(raw.substr(at)); low && low->code >= 0xDC00 && low->code < 0xE000) {
        reference->code = 0x10000 + ((reference->code - 0xD800) << 10) + (low->code - 0xDC00);
        at += low->length;
      }
    if (is_allowed(reference->code))
      append_utf8(text, reference->code);
    else
      text += kReplacement;
    copied = at;
  }
  return text + to_utf8(raw.substr(copied), charset);
}

std::string xml_name(std::string_view raw, Charset charset) {
  const bool plain = std::all_of(raw.begin(), raw.end(), [](char c) { return c >= ' ' && c < 0x7F && c != '&'; });
  if (plain) return std::string(raw);
  const std::string text = xml_text(raw, charset);
  std::string name;
  name.reserve(text.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      name += c == '\t' || c == '\n' || c == '\r' ? std::string_view(" ") : kReplacement;
    else
      name += c;
  }
  return name;
}

}  // namespace rh::collectors
