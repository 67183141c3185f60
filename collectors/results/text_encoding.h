// Encodings of XML files: what the first bytes say, and the way to UTF-8. The bytes are trusted
// first, then a byte order mark, then the declaration, which is often wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rh::collectors {

enum class Charset {
  utf8,
  utf16_le,
  utf16_be,
  windows_1252,  // also for ISO-8859-1, as browsers do: they differ in control bytes only
  other,         // declared and not known here: bytes that are no UTF-8 become U+FFFD
};

constexpr std::size_t kEncodingHead = 256;  // enough for a mark and a declaration

struct Encoding {
  Charset charset = Charset::utf8;
  std::size_t mark_bytes = 0;  // of the byte order mark
  std::string declared;        // as the declaration spells it, lower case
};

[[nodiscard]] Encoding detect_encoding(std::string_view head);

// UTF-16 that comes in pieces, as UTF-8. Lone surrogates and a lone last byte become U+FFFD.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(bool big_endian) : big_endian_(big_endian) {}
  void feed(std::string_view bytes, std::string& into);
  void finish(std::string& into);

 private:
  void unit(std::uint32_t value, std::string& into);
  bool big_endian_;
  bool has_byte_ = false;
  unsigned char byte_ = 0;
  std::uint32_t high_ = 0;  // surrogate that waits for its partner
};

void append_utf8(std::string& into, std::uint32_t code_point);

// `bytes` as UTF-8: kept when they are that already, else read in `charset`.
[[nodiscard]] std::string to_utf8(std::string_view bytes, Charset charset);

}  // namespace rh::collectors
