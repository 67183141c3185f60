// Protocol buffers on the wire: fields of numbers and of bytes, in the order in which they stand.
// https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles {

struct WireField {
  std::uint32_t number = 0;
  std::uint64_t value = 0;  // varint, fixed32, fixed64
  std::string_view bytes;   // strings, messages, packed numbers
  bool is_bytes = false;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool at_end() const { return at_ >= bytes_.size(); }
  // Errors: parse, with the byte at which the message is broken.
  [[nodiscard]] Result<WireField> next();
  // The numbers of a repeated field, packed or not; none if they are broken.
  [[nodiscard]] static std::optional<std::vector<std::uint64_t>> numbers(const WireField& field);

 private:
  [[nodiscard]] std::optional<std::uint64_t> varint();
  [[nodiscard]] Failure broken(const char* what) const;
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace rh::profiles
