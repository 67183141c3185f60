#include "profiles/python/code_cache.h"

#include <algorithm>
#include <utility>

#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

constexpr Address kTypeAt = 8;  // ob_type, the first of the signature
constexpr std::size_t kMaxNameCharacters = 4096;
constexpr std::size_t kMaxFileCharacters = 16384;
constexpr std::size_t kMaxLineTableBytes = 4U << 20U;
constexpr std::size_t kLineTableHead = 48;  // bytes of the line table that are part of the signature
constexpr std::size_t kHeaderBytes = 256;
constexpr Address kMergeGap = 2048;         // less than a page: what lies between two ranges is mapped with them
constexpr std::size_t kMaxLateCodes = 64;   // code objects that a plan reads although nobody asks now
constexpr std::uint64_t kLateChecks = 128;  // asked for within so many checks
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

// All ranges of the code objects of now and of those that were asked for lately, neighbours in one.
void CodeCache::plan(std::span<const Address> addresses) {
  const std::vector<Code*> before = std::exchange(planned_, {});
  for (const Address address : addresses)
    if (const auto at = codes_.find(address); at != codes_.end()) planned_.push_back(at->second.get());
  const std::size_t needed = planned_.size();
  for (Code* const code : before)
    if (planned_.size() < needed + kMaxLateCodes && code->used != check_ && code->used + kLateChecks > check_)
      planned_.push_back(code);
  pieces_.clear();
  for (Code* const code : planned_)
    for (std::uint32_t range = 0; range < code->ranges.size(); ++range) pieces_.push_back({code, range, 0});
  const auto begin_of = [](const Piece& piece) {
    return reinterpret_cast<Address>(piece.code->ranges[piece.range].iov_base);
  };
  std::sort(pieces_.begin(), pieces_.end(), [&](const Piece& a, const Piece& b) { return begin_of(a) < begin_of(b); });
  ranges_.clear();
  planned_bytes_ = 0;
  for (Piece& piece : pieces_) {
    const Address begin = begin_of(piece);
    const Address end = begin + piece.code->ranges[piece.range].iov_len;
    if (!ranges_.empty()) {
      iovec& last = ranges_.back();
      const auto last_begin = reinterpret_cast<Address>(last.iov_base);
      if (begin < last_begin + last.iov_len + kMergeGap) {
        const std::size_t grown = std::max<std::size_t>(last.iov_len, end - last_begin);
        planned_bytes_ += grown - last.iov_len;
        last.iov_len = grown;
        piece.at = planned_bytes_ - last.iov_len + (begin - last_begin);
        continue;
      }
    }
    ranges_.push_back(remote_range(begin, end - begin));
    piece.at = planned_bytes_;
    planned_bytes_ += end - begin;
  }
  if (bytes_.size() < planned_bytes_) bytes_.resize(planned_bytes_);
  plan_valid_ = true;
}

void CodeCache::check_plan() {
  if (planned_.empty()) return;
  if (memory_.read(ranges_, bytes_.data()) != ranges_.size()) {
    // One of them is gone with its page: which one, only reading them alone tells.
    for (Code* const code : planned_) check_alone(*code);
    plan_valid_ = false;
    return;
  }
  for (Code* const code : planned_) code->checked = check_;
  for (const Piece& piece : pieces_) {
    if (piece.code->checked != check_) continue;
    std::size_t at = 0;
    for (std::uint32_t range = 0; range < piece.range; ++range) at += piece.code->ranges[range].iov_len;
    const std::size_t size = piece.code->ranges[piece.range].iov_len;
    std::uint8_t* const seen = bytes_.data() + piece.at;
    bool same = std::memcmp(seen, piece.code->signature.data() + at, size) == 0;
    if (!same && !piece.code->holes.empty()) {
      signature_.assign(seen, seen + size);
      for (const auto& [from, to] : piece.code->holes)
        for (std::size_t hole = std::max<std::size_t>(from, at); hole < std::min<std::size_t>(to, at + size); ++hole)
          signature_[hole - at] = 0;
      same = std::memcmp(signature_.data(), piece.code->signature.data() + at, size) == 0;
    }
    if (!same) piece.code->checked = 0;
  }
}

void CodeCache::check_alone(Code& code) {
  signature_.resize(code.signature.size());
  bool same = memory_.read(code.ranges, signature_.data()) == code.ranges.size();
  for (const auto& [from, to] : code.holes)
    std::fill(signature_.begin() + from, signature_.begin() + to, std::uint8_t{0});
  same = same && signature_ == code.signature;
  code.checked = same ? check_ : 0;
}

bool CodeCache::confirm(std::span<const Address> addresses) {
  ++check_;
  unknown_.clear();
  bool planned = plan_valid_;
  for (const Address address : addresses) {
    const auto at = codes_.find(address);
    if (at == codes_.end()) continue;
    at->second->used = check_;
    planned = planned && at->second->planned;
  }
  if (!planned) {
    for (Code* const code : planned_) code->planned = false;
    plan(addresses);
    for (Code* const code : planned_) code->planned = true;
  }
  check_plan();
  for (const Address address : addresses) {
    const auto at = codes_.find(address);
    if (at == codes_.end() || at->second->checked != check_) unknown_.push_back(address);
  }
  // Those that changed while nobody asked for them are forgotten, too.
  if (std::any_of(planned_.begin(), planned_.end(), [&](const Code* code) { return code->checked != check_; })) {
    for (Code* const code : planned_) {
      code->planned = false;
      if (code->checked != check_) stale_.push_back(code->address);
    }
    planned_.clear();
    for (const Address address : stale_) codes_.erase(address);
    stale_.clear();
    plan_valid_ = false;
  }
  for (const Address address : unknown_) learn(address);
  return unknown_.empty();
}

// What must stay the same: the header up to the line table, and where code objects carry no number of their own,
// the lengths and hashes of the names and the beginning of the line table.
void CodeCache::describe_signature(Code& code, std::span<const std::uint8_t> header) const {
  code.ranges.push_back(remote_range(code.address + kTypeAt, layout_.code_signature_end - kTypeAt));
  if (layout_.code_hole_end > layout_.code_hole_begin)
    code.holes.emplace_back(layout_.code_hole_begin - kTypeAt, layout_.code_hole_end - kTypeAt);
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
  const std::size_t head = std::min<std::size_t>(length, kLineTableHead);
  std::uint32_t at = 0;
  for (const iovec& range : code.ranges) at += static_cast<std::uint32_t>(range.iov_len);
  code.ranges.push_back(remote_range(table + layout_.bytes_size, layout_.bytes_data - layout_.bytes_size + head));
  // Between its length and its bytes lies its hash, which is computed when it is needed first.
  code.holes.emplace_back(at + sizeof(std::uint64_t), at + layout_.bytes_data - layout_.bytes_size);
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
  const auto zero_holes = [&code](std::vector<std::uint8_t>& bytes) {
    for (const auto& [from, to] : code->holes) std::fill(bytes.begin() + from, bytes.begin() + to, std::uint8_t{0});
  };
  if (memory_.read(code->ranges, code->signature.data()) != code->ranges.size()) return;
  zero_holes(code->signature);

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
  zero_holes(again);
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
