#include "profiles/go/wire_format.h"

#include <fmt/format.h>

#include <cstring>

namespace rh::profiles {

Failure WireReader::broken(const char* what) const {
  return fail(ErrorKind::parse,
              fmt::format("read a protocol buffer: {} at byte {} of a message of {}", what, at_, bytes_.size()));
}

std::optional<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_end()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

Result<WireField> WireReader::next() {
  const auto tag = varint();
  if (!tag) return broken("a field without its number");
  WireField field;
  field.number = static_cast<std::uint32_t>(*tag >> 3U);
  std::size_t fixed = 0;
  switch (*tag & 7U) {
    case 0: {
      const auto value = varint();
      if (!value) return broken("a number that does not end");
      field.value = *value;
      return field;
    }
    case 1:
      fixed = 8;
      break;
    case 5:
      fixed = 4;
      break;
    case 2: {
      const auto size = varint();
      if (!size || *size > bytes_.size() - at_) return broken("a field longer than its message");
      field.is_bytes = true;
      field.bytes = bytes_.substr(at_, *size);
      at_ += *size;
      return field;
    }
    default:
      return broken("a field of an unknown kind");
  }
  if (fixed > bytes_.size() - at_) return broken("a field longer than its message");
  std::memcpy(&field.value, bytes_.data() + at_, fixed);
  at_ += fixed;
  return field;
}

std::optional<std::vector<std::uint64_t>> WireReader::numbers(const WireField& field) {
  if (!field.is_bytes) return std::vector<std::uint64_t>{field.value};
  std::vector<std::uint64_t> values;
  WireReader packed(field.bytes);
  while (!packed.at_end()) {
    const auto value = packed.varint();
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

}  // namespace rh::profiles
