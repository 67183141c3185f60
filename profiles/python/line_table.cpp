#include "profiles/python/line_table.h"

#include <algorithm>

namespace rh::profiles::python {
namespace {

constexpr std::int64_t kMaxLine = 0x7fffffff;

std::uint32_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

int signed_byte(std::string_view text, std::size_t at) { return static_cast<std::int8_t>(text[at]); }

// Six bits a byte, the lowest first; bit 6 says that more follow.
bool read_varint(std::string_view table, std::size_t& at, std::uint32_t& value) {
  value = 0;
  for (unsigned shift = 0; at < table.size() && shift < 32; shift += 6) {
    const std::uint32_t byte = byte_at(table, at++);
    value |= (byte & 0x3fU) << shift;
    if ((byte & 0x40U) == 0) return true;
  }
  return false;
}

// The sign is the lowest bit.
bool read_signed_varint(std::string_view table, std::size_t& at, std::int64_t& value) {
  std::uint32_t raw = 0;
  if (!read_varint(table, at, raw)) return false;
  value = (raw & 1U) != 0 ? -static_cast<std::int64_t>(raw >> 1U) : static_cast<std::int64_t>(raw >> 1U);
  return true;
}

}  // namespace

LineTable LineTable::decode(int minor, std::string_view table, std::uint32_t first_line) {
  LineTable lines;
  if (minor < 10)
    lines.decode_lnotab(table, first_line);
  else if (minor == 10)
    lines.decode_310(table, first_line);
  else
    lines.decode_locations(table, first_line);
  return lines;
}

void LineTable::add(std::uint32_t begin, std::int64_t line) {
  const auto kept = static_cast<std::uint32_t>(line < 0 || line > kMaxLine ? 0 : line);
  // Instructions that start at the same place: the last entry counts.
  if (!entries_.empty() && entries_.back().begin == begin) entries_.pop_back();
  if (entries_.empty() || entries_.back().line != kept) entries_.push_back({begin, kept});
}

// Pairs of increments: of the bytecode offset, then of the line.
void LineTable::decode_lnotab(std::string_view table, std::int64_t line) {
  std::uint32_t offset = 0;
  add(0, line);
  for (std::size_t at = 0; at + 1 < table.size(); at += 2) {
    offset += byte_at(table, at);
    line += signed_byte(table, at + 1);
    add(offset, line);
  }
}

// Pairs: bytes of code that the entry covers, change of the line before them; -128: no line.
void LineTable::decode_310(std::string_view table, std::int64_t line) {
  std::uint32_t offset = 0;
  for (std::size_t at = 0; at + 1 < table.size(); at += 2) {
    const std::uint32_t covered = byte_at(table, at);
    const int change = signed_byte(table, at + 1);
    if (change != -128) line += change;
    if (covered > 0) add(offset, change == -128 ? 0 : line);
    offset += covered;
  }
}

// Entries that start with 0x80 | kind << 3 | (code units - 1), as Objects/locations.md describes them.
void LineTable::decode_locations(std::string_view table, std::int64_t line) {
  std::uint32_t offset = 0;
  for (std::size_t at = 0; at < table.size();) {
    const std::uint32_t head = byte_at(table, at++);
    const std::uint32_t kind = head >> 3U & 15U;
    std::int64_t change = 0;
    bool whole = true;
    if (kind == 14 || kind == 13) {
      std::uint32_t ignored = 0;
      whole = read_signed_varint(table, at, change);
      for (int i = 0; whole && kind == 14 && i < 3; ++i) whole = read_varint(table, at, ignored);
    } else if (kind >= 10 && kind <= 12) {
      change = kind - 10;
      at += 2;
    } else if (kind < 10) {
      at += 1;
    }
    if (!whole || at > table.size()) return;
    line += change;
    add(offset, kind == 15 ? 0 : line);
    offset += ((head & 7U) + 1) * 2;
  }
}

std::uint32_t LineTable::line_at(std::int64_t offset) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                      [](std::int64_t at, const LineStart& entry) { return at < entry.begin; });
  return after == entries_.begin() ? 0 : std::prev(after)->line;
}

}  // namespace rh::profiles::python
