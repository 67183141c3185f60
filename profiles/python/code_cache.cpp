#include "profiles/python/code_cache.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

constexpr Address kTypeAt = 8;  // ob_type, the first of the signature
constexpr std::size_t kMaxNameCharacters = 4096;
constexpr std::size_t kMaxFileCharacters = 16384;
constexpr std::size_t kMaxLineTableBytes = 4U << 20U;
constexpr std::size_t kLineTableHead = 48;  // bytes of the line table that are part of the signature
constexpr std::size_t kHeaderBytes = 256;
constexpr std::size_t kMaxTypeName = 16;

void append_utf8(std::string& text, std::uint32_t character) {
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0U | character >> 6U);
    put(0x80U | (character & 0x3fU));
  } else if (character < 0x10000) {
    put(0xe0U | character >> 12U);
    put(0x80U | (character >> 6U & 0x3fU));
    put(0x80U | (character & 0x3fU));
  } else {
    put(0xf0U | (character >> 18U & 7U));
    put(0x80U | (character >> 12U & 0x3fU));
    put(0x80U | (character >> 6U & 0x3fU));
    put(0x80U | (character & 0x3fU));
  }
}

}  // namespace

std::uint32_t Code::line_at(std::int64_t instruction, int minor) const {
  std::int64_t offset = instruction;
  if (minor >= 11)
    offset -= static_cast<std::int64_t>(instructions);
  else if (minor == 10)
    offset *= 2;  // f_lasti counts code units there
  // A frame that has not begun stands before its first instruction.
  return lines.line_at(std::max<std::int64_t>(offset, 0));
}

const Code* CodeCache::find(Address address) const {
  const auto at = codes_.find(address);
  return at == codes_.end() ? nullptr : at->second.get();
}

void CodeCache::mask(std::uint8_t* header) const {
  if (layout_.code_hole_end > layout_.code_hole_begin)
    std::fill(header + (layout_.code_hole_begin - kTypeAt), header + (layout_.code_hole_end - kTypeAt),
              std::uint8_t{0});
}

bool CodeCache::confirm(std::span<const Address> addresses) {
  ++check_;
  ranges_.clear();
  expected_.clear();
  unknown_.clear();
  std::size_t size = 0;
  for (const Address address : addresses) {
    const auto at = codes_.find(address);
    if (at == codes_.end()) {
      unknown_.push_back(address);
      continue;
    }
    expected_.push_back(at->second.get());
    ranges_.insert(ranges_.end(), at->second->ranges.begin(), at->second->ranges.end());
    size += at->second->signature.size();
  }
  if (bytes_.size() < size) bytes_.resize(size);
  const std::size_t read = ranges_.empty() ? 0 : memory_.read(ranges_, bytes_.data());
  std::uint8_t* at = bytes_.data();
  std::size_t range = 0;
  for (Code* const code : expected_) {
    range += code->ranges.size();
    bool same = range <= read;
    if (same) {
      mask(at);
      same = std::memcmp(at, code->signature.data(), code->signature.size()) == 0;
    }
    at += code->signature.size();
    if (same)
      code->checked = check_;
    else
      unknown_.push_back(code->address);
  }
  for (const Address address : unknown_) {
    codes_.erase(address);
    learn(address);
  }
  return unknown_.empty();
}

// What must stay the same: the header up to the line table, and where code objects carry no number of their own,
// the lengths and hashes of the names and the beginning of the line table.
void CodeCache::describe_signature(Code& code, std::span<const std::uint8_t> header) const {
  code.ranges.push_back(remote_range(code.address + kTypeAt, layout_.code_signature_end - kTypeAt));
  if (layout_.code_version != 0) return;
  const auto pointer = [&](std::uint32_t at) { return load<Address>(header.data() + at); };
  const Address name = pointer(layout_.code_name);
  const std::size_t text_bytes = layout_.text_hash + sizeof(std::uint64_t) - layout_.text_length;
  code.ranges.push_back(remote_range(name + layout_.text_length, text_bytes));
  code.ranges.push_back(remote_range(pointer(layout_.code_filename) + layout_.text_length, text_bytes));
  if (layout_.code_qualname != 0 && pointer(layout_.code_qualname) != name)
    code.ranges.push_back(remote_range(pointer(layout_.code_qualname) + layout_.text_length, text_bytes));
  const Address table = pointer(layout_.code_linetable);
  const auto length = memory_.get<std::uint64_t>(table + layout_.bytes_size).value_or(0);
  code.ranges.push_back(remote_range(table + layout_.bytes_size, sizeof length));
  if (length > 0)
    code.ranges.push_back(remote_range(table + layout_.bytes_data, std::min<std::size_t>(length, kLineTableHead)));
}

void CodeCache::learn(Address address) {
  std::uint8_t header[kHeaderBytes];
  const std::size_t header_size = std::min<std::size_t>(kHeaderBytes, layout_.code_signature_end);
  if (address % sizeof(Address) != 0 || !memory_.read(address, header, header_size)) return;
  if (!is_code_type(load<Address>(header + kTypeAt))) return;
  auto code = std::make_unique<Code>();
  code->address = address;
  describe_signature(*code, header);
  std::size_t size = 0;
  for (const iovec& range : code->ranges) size += range.iov_len;
  code->signature.resize(size);
  if (memory_.read(code->ranges, code->signature.data()) != code->ranges.size()) return;
  mask(code->signature.data());

  const std::uint32_t first_line = load<std::uint32_t>(header + layout_.code_firstlineno);
  const std::uint32_t name_at = layout_.code_qualname != 0 ? layout_.code_qualname : layout_.code_name;
  model::ProfileFrame frame;
  frame.kind = model::FrameKind::python;
  frame.name = read_text(load<Address>(header + name_at), kMaxNameCharacters);
  frame.file = read_text(load<Address>(header + layout_.code_filename), kMaxFileCharacters);
  frame.line = first_line;
  const std::string table = read_bytes(load<Address>(header + layout_.code_linetable));
  code->lines = LineTable::decode(static_cast<int>(layout_.minor), table, first_line);
  if (layout_.data_stack()) code->instructions = address + layout_.code_instructions;

  // What was read in between belongs to this code object only if it is still the same.
  std::vector<std::uint8_t> again(size);
  if (memory_.read(code->ranges, again.data()) != code->ranges.size()) return;
  mask(again.data());
  if (again != code->signature) return;
  code->frame = builder_.frame(frame);
  code->generation = ++next_generation_;
  codes_.emplace(address, std::move(code));
}

bool CodeCache::is_code_type(Address type) {
  if (code_type_ != 0) return type == code_type_;
  const auto name = memory_.get<Address>(type + layout_.type_name);
  if (!name || memory_.read_c_string(*name, kMaxTypeName) != "code") return false;
  code_type_ = type;
  return true;
}

std::string CodeCache::read_text(Address object, std::size_t max_characters) {
  const auto length = memory_.get<std::uint64_t>(object + layout_.text_length);
  const auto state = memory_.get<std::uint32_t>(object + layout_.text_state);
  if (!length || !state) return {};
  const std::uint32_t width = *state >> 2U & 7U;
  const bool compact = (*state >> 5U & 1U) != 0, ascii = (*state >> 6U & 1U) != 0;
  if (!compact || (width != 1 && width != 2 && width != 4)) return {};
  const std::size_t count = std::min<std::size_t>(*length, max_characters);
  std::string raw(count * width, '\0');
  const Address data = object + (ascii ? layout_.text_ascii : layout_.text_compact);
  if (count > 0 && !memory_.read(data, raw.data(), raw.size())) return {};
  std::string text;
  const auto* const at = reinterpret_cast<const std::uint8_t*>(raw.data());
  for (std::size_t i = 0; i < count; ++i)
    append_utf8(text, width == 1   ? at[i]
                      : width == 2 ? load<std::uint16_t>(at + i * 2)
                                   : load<std::uint32_t>(at + i * 4));
  return to_valid_utf8(text);  // Python strings may hold lone surrogates
}

std::string CodeCache::read_bytes(Address object) {
  const auto size = memory_.get<std::uint64_t>(object + layout_.bytes_size);
  if (!size || *size > kMaxLineTableBytes) return {};
  std::string bytes(*size, '\0');
  if (!bytes.empty() && !memory_.read(object + layout_.bytes_data, bytes.data(), bytes.size())) return {};
  return bytes;
}

}  // namespace rh::profiles::python
