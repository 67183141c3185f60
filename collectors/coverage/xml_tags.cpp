#include "collectors/coverage/xml_tags.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

void append_utf8(std::string& text, std::uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6), tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12), tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0);
  }
}

std::optional<std::uint32_t> read_reference(std::string_view name) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : kNamed)
    if (name == known) return static_cast<std::uint32_t>(character);
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x');
  if (hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (name.empty() || error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return code;
}

// End of the tag that begins at 0: a '>' outside quotes. Some writers leave '<' in values unescaped.
std::size_t find_tag_end(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '>')
      return i;
  }
  return std::string_view::npos;
}

// End of <!DOCTYPE ... [ internal subset ] >.
std::size_t find_doctype_end(std::string_view text) {
  bool subset = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '[')
      subset = true;
    else if (c == ']')
      subset = false;
    else if (c == '>' && !subset)
      return i;
  }
  return std::string_view::npos;
}

std::string from_utf16(std::string_view bytes, bool big_endian) {
  std::string text;
  text.reserve(bytes.size() / 2);
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]), second = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<std::uint32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t code = unit(i);
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (high && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000)
      code = 0x10000 + ((code - 0xD800) << 10) + (unit(i += 2) - 0xDC00);
    append_utf8(text, code);
  }
  return text;
}

std::string from_single_byte(std::string_view bytes, bool windows) {
  // 0x80..0x9F of windows-1252; the rest is ISO-8859-1, whose bytes are code points.
  constexpr std::array<std::uint16_t, 32> kWindows = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                      0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                      0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(text, windows && byte >= 0x80 && byte < 0xA0 ? kWindows[byte - 0x80U] : byte);
  }
  return text;
}

bool is_ascii(std::string_view bytes) {
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

}  // namespace

std::string decode_entities(std::string_view text) {
  constexpr std::size_t kLongestReference = 10;
  std::string decoded;
  while (!text.empty()) {
    const std::size_t amp = std::min(text.find('&'), text.size());
    decoded += text.substr(0, amp);
    text.remove_prefix(amp);
    if (text.empty()) break;
    const std::size_t end = text.substr(0, kLongestReference).find(';');
    const auto code = end == std::string_view::npos ? std::nullopt : read_reference(text.substr(1, end - 1));
    if (code)
      append_utf8(decoded, *code);
    else
      decoded += '&';
    text.remove_prefix(code ? end + 1 : 1);
  }
  return decoded;
}

std::optional<std::string> transcoded(std::string_view document) {
  if (document.starts_with("\xFF\xFE")) return from_utf16(document.substr(2), false);
  if (document.starts_with("\xFE\xFF")) return from_utf16(document.substr(2), true);
  const std::string_view declaration = document.starts_with("<?xml") ? document.substr(0, document.find("?>")) : "";
  const std::size_t at = declaration.find("encoding=");
  if (at == std::string_view::npos || at + 10 >= declaration.size() || is_ascii(document)) return std::nullopt;
  std::string name;
  for (const char c : declaration.substr(at + 10)) {
    if (c == '"' || c == '\'') break;
    name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  if (name == "iso-8859-1" || name == "latin1" || name == "latin-1") return from_single_byte(document, false);
  if (name == "windows-1252" || name == "cp1252") return from_single_byte(document, true);
  return std::nullopt;
}

std::optional<std::string_view> XmlTag::raw_attribute(std::string_view wanted) const {
  std::string_view rest = attributes;
  for (;;) {
    const std::size_t begin = rest.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = trim(rest.substr(0, equals));
    const std::size_t quote = rest.find_first_not_of(kBlank, equals + 1);
    if (quote == std::string_view::npos || (rest[quote] != '"' && rest[quote] != '\'')) return std::nullopt;
    const std::size_t end = rest.find(rest[quote], quote + 1);
    if (end == std::string_view::npos) return std::nullopt;
    if (key == wanted) return rest.substr(quote + 1, end - quote - 1);
    rest.remove_prefix(end + 1);
  }
}

std::optional<std::string> XmlTag::attribute(std::string_view wanted) const {
  const auto raw = raw_attribute(wanted);
  return raw ? std::optional(to_valid_utf8(decode_entities(*raw))) : std::nullopt;
}

bool XmlTags::skip_past(std::string_view end) {
  const std::size_t at = rest_.find(end);
  truncated_ = at == std::string_view::npos;
  rest_.remove_prefix(truncated_ ? rest_.size() : at + end.size());
  return !truncated_;
}

// Comments, declarations and character data in sections; false when none begins here.
bool XmlTags::skip_markup() {
  if (rest_.starts_with("<!--")) return skip_past("-->"), true;
  if (rest_.starts_with("<![CDATA[")) return skip_past("]]>"), true;
  if (rest_.starts_with("<?")) return skip_past("?>"), true;
  if (!rest_.starts_with("<!")) return false;
  const std::size_t end = find_doctype_end(rest_);
  truncated_ = end == std::string_view::npos;
  rest_.remove_prefix(truncated_ ? rest_.size() : end + 1);
  return true;
}

std::optional<XmlTag> XmlTags::next() {
  XmlTag tag;
  for (;;) {
    const std::size_t begin = rest_.find('<');
    if (begin == std::string_view::npos) return std::nullopt;
    tag.text_before = rest_.substr(0, begin);
    rest_.remove_prefix(begin);
    if (!skip_markup()) break;
    if (rest_.empty()) return std::nullopt;
  }
  const std::size_t end = find_tag_end(rest_);
  if (end == std::string_view::npos) {
    truncated_ = true;
    return std::nullopt;
  }
  std::string_view body = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 1);
  if (body.starts_with('/')) {
    tag.kind = XmlTag::Kind::close;
    body.remove_prefix(1);
  } else if (body.ends_with('/')) {
    tag.kind = XmlTag::Kind::empty;
    body.remove_suffix(1);
  }
  const std::size_t name_end = std::min(body.find_first_of(kBlank), body.size());
  tag.name = body.substr(0, name_end);
  tag.attributes = body.substr(name_end);
  if (const std::size_t prefix = tag.name.find(':'); prefix != std::string_view::npos)
    tag.name.remove_prefix(prefix + 1);
  return tag;
}

}  // namespace rh::collectors
