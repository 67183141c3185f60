// Secrets that are known by their look: tokens of forges and clouds, keys, headers, passwords in URLs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rh {

// Sets of bytes that a secret may go on with.
enum ByteSet : std::uint8_t {
  kNoBytes = 0,
  kAlnum = 1U << 0,
  kUpperAlnum = 1U << 1,
  kWord = 1U << 2,    // alnum and '_'
  kToken = 1U << 3,   // alnum, '_' and '-'
  kJwt = 1U << 4,     // kToken and '.'
  kOpaque = 1U << 5,  // visible, but no quote, backslash, bracket, comma or semicolon
  kPem = 1U << 6,     // base64; Redactor knows the rest of such a block
  kUser = 1U << 7,    // user and password of a URL
};
[[nodiscard]] std::uint8_t byte_sets(unsigned char byte);

struct ShapeMatch {
  enum Verdict { no, yes, need_more } verdict = no;
  std::size_t keep = 0;      // bytes in front that stay: "Authorization: Bearer "
  std::size_t length = 0;    // bytes behind them that go
  std::uint8_t goes_on = 0;  // the ByteSet that the secret goes on with, beyond what is seen now
};

struct Shape {
  std::string_view label;
  std::string_view prefix;  // at least two bytes
  // `text` begins with the prefix; `before` are the two bytes in front of it. `last`: nothing follows.
  ShapeMatch (*match)(const Shape& shape, std::string_view text, std::array<char, 2> before, bool last);
  std::uint8_t set = kNoBytes;
  std::size_t least = 0;   // bytes behind the prefix
  bool exact = false;      // not one more
  bool own_word = false;   // nothing like a word directly in front
  bool has_digit = false;  // or it is prose
};

[[nodiscard]] const std::vector<Shape>& secret_shapes();

}  // namespace rh
