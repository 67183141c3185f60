// Integers as bytes of seven bits, lowest first, the eighth bit set on all but the last (LEB128): what the page of a
// profile reads its columns from.
#pragma once

#include <cstdint>
#include <string>

namespace rh::reporters {

class Varints {
 public:
  void add(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  // 0, -1, 1, -2... as 0, 1, 2, 3...
  void add_signed(std::int64_t value) {
    add((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void append(const Varints& other) { bytes_ += other.bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace rh::reporters
