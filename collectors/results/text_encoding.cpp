#include "collectors/results/text_encoding.h"

#include <algorithm>
#include <array>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

// Windows-1252, 0x80 to 0x9F; the five unused ones are replaced.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

// The value of encoding="..." in a declaration at the beginning, lower case.
std::string declared_encoding(std::string_view head) {
  const std::size_t begin = head.find("<?xml");
  if (begin == std::string_view::npos) return {};
  std::string_view declaration = head.substr(begin, head.find("?>", begin) - begin);
  const std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  const std::size_t open = declaration.find_first_of("\"'", at);
  if (open == std::string_view::npos) return {};
  const std::size_t close = declaration.find(declaration[open], open + 1);
  if (close == std::string_view::npos) return {};
  std::string name(declaration.substr(open + 1, close - open - 1));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace

Encoding detect_encoding(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\xFF\xFE"sv)) return {Charset::utf16_le, 2, {}};
  if (head.starts_with("\xFE\xFF"sv)) return {Charset::utf16_be, 2, {}};
  if (head.starts_with("<\0"sv)) return {Charset::utf16_le, 0, {}};
  if (head.starts_with("\0<"sv)) return {Charset::utf16_be, 0, {}};
  Encoding encoding;
  if (head.starts_with("\xEF\xBB\xBF"sv)) encoding.mark_bytes = 3;
  encoding.declared = declared_encoding(head);
  if (is_one_of(encoding.declared, {"iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "iso-8859-15"}))
    encoding.charset = Charset::windows_1252;
  // A declaration of UTF-16 in bytes that are not is a lie that is seen in the wild.
  else if (!encoding.declared.empty() && !encoding.declared.starts_with("utf") && encoding.declared != "us-ascii" &&
           encoding.declared != "ascii")
    encoding.charset = Charset::other;
  return encoding;
}

void append_utf8(std::string& into, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { into += static_cast<char>(byte); };
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

void Utf16Decoder::feed(std::string_view bytes, std::string& into) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!has_byte_) {
      byte_ = byte;
      has_byte_ = true;
      continue;
    }
    has_byte_ = false;
    unit(big_endian_ ? std::uint32_t{byte_} << 8 | byte : std::uint32_t{byte} << 8 | byte_, into);
  }
}

void Utf16Decoder::unit(std::uint32_t value, std::string& into) {
  const bool low = value >= 0xDC00 && value < 0xE000;
  if (high_ != 0 && low) {
    append_utf8(into, 0x10000 + ((high_ - 0xD800) << 10) + (value - 0xDC00));
    high_ = 0;
    return;
  }
  if (high_ != 0) append_utf8(into, kReplacement);
  high_ = 0;
  if (value >= 0xD800 && value < 0xDC00)
    high_ = value;
  else
    append_utf8(into, value);
}

void Utf16Decoder::finish(std::string& into) {
  if (high_ != 0 || has_byte_) append_utf8(into, kReplacement);
  high_ = 0;
  has_byte_ = false;
}

std::string to_utf8(std::string_view bytes, Charset charset) {
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string(bytes);
  std::string valid = to_valid_utf8(bytes);
  if (charset != Charset::windows_1252 || valid == bytes) return valid;
  valid.clear();
  for (const char c : bytes) {
    const std::uint32_t byte = static_cast<unsigned char>(c);
    append_utf8(valid, byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte);
  }
  return valid;
}

}  // namespace rh::collectors
