// Writes the wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding/), the little of
// it that pprof needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rh::profiles {

class ProtobufMessage {
 public:
  void number(unsigned field, std::uint64_t value) {
    if (value == 0) return;  // the default is not written
    varint(field << 3U);
    varint(value);
  }
  void text(unsigned field, std::string_view bytes) {
    varint((field << 3U) | 2U);
    varint(bytes.size());
    bytes_ += bytes;
  }
  void message(unsigned field, const ProtobufMessage& message) { text(field, message.bytes_); }
  void packed(unsigned field, const std::vector<std::uint64_t>& values) {
    if (values.empty()) return;
    ProtobufMessage list;
    for (const std::uint64_t value : values) list.varint(value);
    text(field, list.bytes_);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>((value & 0x7fU) | 0x80U);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

}  // namespace rh::profiles
