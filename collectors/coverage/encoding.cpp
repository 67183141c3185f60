#include "collectors/coverage/encoding.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/core.h>
#include <zlib.h>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF", kGzip = "\x1F\x8B";

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
    append_code_point(text, code);
  }
  return text;
}

// Without a mark: two ASCII characters in a row show the order.
bool looks_like_utf16(std::string_view bytes, bool big_endian) {
  if (bytes.size() < 4) return false;
  const std::size_t high = big_endian ? 0 : 1;
  return bytes[high] == 0 && bytes[high + 2] == 0 && bytes[1 - high] > 0 && bytes[3 - high] > 0;
}

bool is_ascii(std::string_view bytes) {
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & 0x8080808080808080U) != 0) return false;
  }
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The name in <?xml encoding="...">, lower case.
std::string declared_encoding(std::string_view document) {
  const std::string_view declaration = document.starts_with("<?xml") ? document.substr(0, document.find("?>")) : "";
  const std::size_t at = declaration.find("encoding=");
  std::string name;
  if (at == std::string_view::npos || at + 10 >= declaration.size()) return name;
  for (const char c : declaration.substr(at + 10)) {
    if (c == '"' || c == '\'') break;
    name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return name;
}

// zlib's stream with its end.
class Inflater {
 public:
  Inflater() { usable_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }  // 16: gzip
  ~Inflater() {
    if (usable_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // All members of the file; stops at `most` bytes. Empty, or why it stopped before the end.
  std::string unpack(std::string_view bytes, std::uint64_t most, std::string& text) {
    constexpr std::size_t kStep = 1U << 18;
    if (!usable_) return "zlib could not be set up";
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write to it
    std::size_t left = bytes.size();
    for (;;) {
      const std::size_t piece = std::min<std::size_t>(left, 1U << 30);
      stream_.avail_in = static_cast<uInt>(piece);
      const std::size_t before = text.size();
      text.resize(before + kStep);
      stream_.next_out = reinterpret_cast<Bytef*>(text.data() + before);
      stream_.avail_out = static_cast<uInt>(kStep);
      const int state = inflate(&stream_, Z_NO_FLUSH);
      text.resize(text.size() - stream_.avail_out);
      left -= piece - stream_.avail_in;
      if (text.size() > most) return text.resize(most), "it is too large";
      if (state == Z_STREAM_END) {
        if (left < 2 || std::memcmp(stream_.next_in, kGzip.data(), 2) != 0) return {};
        inflateReset(&stream_);
      } else if (state == Z_BUF_ERROR || (state == Z_OK && left == 0 && stream_.avail_out > 0)) {
        return "the gzip data ends early";
      } else if (state != Z_OK) {
        return "the gzip data is damaged";
      }
    }
  }

 private:
  z_stream stream_{};
  bool usable_ = false;
};

PlainText decoded(PlainText text) {
  if (auto utf8 = transcoded(text.view())) {
    const std::string problem = text.problem();
    text = PlainText(*std::move(utf8));
    text.set_problem(problem);
  }
  text.drop_mark();
  return text;
}

}  // namespace

void PlainText::drop_mark() {
  if (!view().starts_with(kUtf8Mark)) return;
  if (owned_)
    mark_ = kUtf8Mark.size();
  else
    borrowed_.remove_prefix(kUtf8Mark.size());
}

Result<PlainText> plain_text(std::string_view bytes, std::string_view subject) {
  if (!bytes.starts_with(kGzip)) return decoded(PlainText(bytes));
  std::string unpacked;
  std::string problem = Inflater().unpack(bytes, kMaxUnpackedBytes, unpacked);
  if (unpacked.size() >= kMaxUnpackedBytes)
    return fail(ErrorKind::limit, fmt::format("unpack coverage: more than {}", format_size(kMaxUnpackedBytes)),
                std::string(subject));
  if (unpacked.empty() && !problem.empty())
    return fail(ErrorKind::parse, "unpack coverage: " + problem, std::string(subject));
  PlainText text(std::move(unpacked));
  text.set_problem(std::move(problem));
  return decoded(std::move(text));
}

PlainText plain_head(std::string_view bytes) {
  constexpr std::uint64_t kHead = 64U << 10;
  if (!bytes.starts_with(kGzip)) return decoded(PlainText(bytes));
  std::string unpacked;
  Inflater().unpack(bytes, kHead, unpacked);
  return decoded(PlainText(std::move(unpacked)));
}

std::optional<std::string> transcoded(std::string_view document) {
  if (document.starts_with("\xFF\xFE")) return from_utf16(document.substr(2), false);
  if (document.starts_with("\xFE\xFF")) return from_utf16(document.substr(2), true);
  if (looks_like_utf16(document, false)) return from_utf16(document, false);
  if (looks_like_utf16(document, true)) return from_utf16(document, true);
  const std::string name = declared_encoding(document);
  if (name.empty() || name == "utf-8" || is_utf8(document)) return std::nullopt;
  constexpr std::string_view kSingleByte[] = {"iso-8859-1",   "iso8859-1", "iso_8859-1", "latin1", "latin-1",
                                              "windows-1252", "cp1252",    "us-ascii",   "ascii",  "iso-8859-15"};
  if (std::find(std::begin(kSingleByte), std::end(kSingleByte), name) == std::end(kSingleByte)) return std::nullopt;
  return from_windows_1252(document);
}

bool is_utf8(std::string_view bytes) { return is_ascii(bytes) || to_valid_utf8(bytes) == bytes; }

std::string from_windows_1252(std::string_view bytes) {
  // 0x80..0x9F; the rest is ISO-8859-1, whose bytes are code points, and which uses none of these.
  constexpr std::array<std::uint16_t, 32> kWindows = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                      0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                      0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_code_point(text, byte >= 0x80 && byte < 0xA0 ? kWindows[byte - 0x80U] : byte);
  }
  return text;
}

void append_code_point(std::string& text, std::uint32_t code) {
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

}  // namespace rh::collectors
