#include "profiles/python/code_cache.h"

#include <algorithm>
#include <cstring>
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
// A range costs the kernel as much as copying 1 KiB; less than a page: what lies between two is mapped with them.
constexpr Address kMergeGap = 1024;
// A code object that is read in vain costs a fifth of a system call of its own.
constexpr std::size_t kMaxLateCodes = 12;  // that are planned although the last check did not ask for them
constexpr std::uint64_t kLateChecks = 6;   // asked for within so many checks
constexpr std::uint64_t kReplanEvery = 32;
constexpr std::size_t kMaxTypeName = 16;
constexpr std::size_t kAheadBytes = 256;  // of a name or line table: most are shorter

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

// All ranges of the code objects, neighbours in one.
void CodeCache::lay_out(Plan& plan) {
  plan.pieces.clear();
  for (Code* const code : plan.codes) {
    std::uint32_t at = 0;
    for (const iovec& range : code->ranges) {
      const auto size = static_cast<std::uint32_t>(range.iov_len);
      plan.pieces.push_back({code, reinterpret_cast<Address>(range.iov_base), size, at, 0});
      at += size;
    }
  }
  std::sort(plan.pieces.begin(), plan.pieces.end(), [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  plan.ranges.clear();
  plan.size = 0;
  for (Piece& piece : plan.pieces) {
    const Address end = piece.begin + piece.size;
    if (!plan.ranges.empty()) {
      iovec& last = plan.ranges.back();
      const auto last_begin = reinterpret_cast<Address>(last.iov_base);
      if (piece.begin < last_begin + last.iov_len + kMergeGap) {
        const std::size_t grown = std::max<std::size_t>(last.iov_len, end - last_begin);
        plan.size += grown - last.iov_len;
        last.iov_len = grown;
        piece.at = plan.size - last.iov_len + (piece.begin - last_begin);
        continue;
      }
    }
    plan.ranges.push_back(remote_range(piece.begin, piece.size));
    piece.at = plan.size;
    plan.size += piece.size;
  }
}

// Marks the code objects of the plan that are what they were.
void CodeCache::compare(const Plan& plan, const std::uint8_t* seen) {
  for (Code* const code : plan.codes) code->checked = check_;
  for (const Piece& piece : plan.pieces) {
    Code& code = *piece.code;
    if (code.checked != check_) continue;
    const std::uint8_t* const known = code.signature.data() + piece.signature_at;
    bool same = std::memcmp(seen + piece.at, known, piece.size) == 0;
    if (!same && !code.holes.empty()) {
      const std::uint32_t from = piece.signature_at, to = from + piece.size;
      signature_.assign(seen + piece.at, seen + piece.at + piece.size);
      for (const auto& [hole_from, hole_to] : code.holes)
        for (std::uint32_t hole = std::max(hole_from, from); hole < std::min(hole_to, to); ++hole)
          signature_[hole - from] = 0;
      same = std::memcmp(signature_.data(), known, piece.size) == 0;
    }
    if (!same) code.checked = 0;
  }
}

void CodeCache::read_and_compare(Plan& plan) {
  lay_out(plan);
  if (bytes_.size() < plan.size) bytes_.resize(plan.size);
  if (memory_.read(plan.ranges, bytes_.data()) == plan.ranges.size()) return compare(plan, bytes_.data());
  // One of them is gone with its page: which one, only reading them alone tells.
  for (Code* const code : plan.codes) check_alone(*code);
}

void CodeCache::check_alone(Code& code) {
  signature_.resize(code.signature.size());
  bool same = memory_.read(code.ranges, signature_.data()) == code.ranges.size();
  zero_holes(code, signature_.data());
  same = same && signature_ == code.signature;
  code.checked = same ? check_ : 0;
}

// What changed is another code object, whether somebody asks for it now or not.
void CodeCache::forget_changed(const Plan& plan) {
  std::vector<Code*> changed;
  for (Code* const code : plan.codes)
    if (code->checked != check_) changed.push_back(code);
  if (changed.empty()) return;
  std::erase_if(plan_.codes,
                [&](const Code* code) { return std::find(changed.begin(), changed.end(), code) != changed.end(); });
  lay_out(plan_);
  for (const Code* const code : changed) codes_.erase(Address{code->address});
}

void CodeCache::plan_next(std::span<const Address> addresses) {
  std::vector<Code*> before = std::exchange(plan_.codes, {});
  for (Code* const code : before) code->planned = false;
  for (const Address address : addresses)
    if (const auto at = codes_.find(address); at != codes_.end()) plan_.codes.push_back(at->second.get());
  const std::size_t needed = plan_.codes.size();
  for (Code* const code : before)
    if (plan_.codes.size() < needed + kMaxLateCodes && code->used != check_ && code->used + kLateChecks > check_)
      plan_.codes.push_back(code);
  for (Code* const code : plan_.codes) code->planned = true;
  lay_out(plan_);
}

// Most checks find what the one before found, down to the byte.
bool CodeCache::unchanged(std::span<const Address> addresses, const std::uint8_t* planned) {
  if (planned == nullptr || same_bytes_.empty() || same_bytes_.size() != plan_.size ||
      ++same_checks_ % kReplanEvery == 0)
    return false;
  return std::equal(addresses.begin(), addresses.end(), same_addresses_.begin(), same_addresses_.end()) &&
         std::memcmp(planned, same_bytes_.data(), plan_.size) == 0;
}

bool CodeCache::confirm(std::span<const Address> addresses, const std::uint8_t* planned) {
  if (unchanged(addresses, planned)) return true;
  same_bytes_.clear();
  ++check_;
  unknown_.clear();
  extra_.codes.clear();
  const std::size_t planned_size = plan_.size;  // another one once a changed code object is forgotten
  if (planned != nullptr) compare(plan_, planned);
  bool foreseen = true;
  for (const Address address : addresses) {
    const auto at = codes_.find(address);
    if (at == codes_.end()) {
      foreseen = false;
      continue;
    }
    Code& code = *at->second;
    code.used = check_;
    foreseen = foreseen && code.planned;
    if (planned == nullptr || !code.planned) extra_.codes.push_back(&code);
  }
  if (!extra_.codes.empty()) read_and_compare(extra_);
  // What is in the plan and was not read keeps its mark of old and is checked when it is asked for.
  if (planned != nullptr) forget_changed(plan_);
  forget_changed(extra_);
  for (const Address address : addresses) {
    const auto at = codes_.find(address);
    if (at == codes_.end() || at->second->checked != check_) unknown_.push_back(address);
  }
  if (!unknown_.empty()) learn(unknown_);
  if (!foreseen || !unknown_.empty() || check_ % kReplanEvery == 0) {
    plan_next(addresses);
  } else if (planned != nullptr && planned_size == plan_.size) {
    same_addresses_.assign(addresses.begin(), addresses.end());
    same_bytes_.assign(planned, planned + plan_.size);
  }
  return unknown_.empty();
}

// What must stay the same: the header up to the line table, and where code objects carry no number of their own,
// the lengths and hashes of name and file and the beginning of the line table.
void CodeCache::describe_signature(Code& code, std::span<const std::uint8_t> header) {
  code.ranges.push_back(remote_range(code.address + kTypeAt, layout_.code_signature_end - kTypeAt));
  if (layout_.code_hole_end > layout_.code_hole_begin)
    code.holes.emplace_back(layout_.code_hole_begin - kTypeAt, layout_.code_hole_end - kTypeAt);
  if (layout_.code_version != 0) return;
  const auto pointer = [&](std::uint32_t at) { return load<Address>(header.data() + at); };
  // Of the two names the one that is shown: the other is the same object, or nobody sees it.
  const Address name = pointer(shown_name());
  const std::size_t text_bytes = layout_.text_hash + sizeof(std::uint64_t) - layout_.text_length;
  code.ranges.push_back(remote_range(name + layout_.text_length, text_bytes));
  code.ranges.push_back(remote_range(pointer(layout_.code_filename) + layout_.text_length, text_bytes));
  const Address table = pointer(layout_.code_linetable);
  const auto length = ahead_.get<std::uint64_t>(table + layout_.bytes_size).value_or(0);
  const std::size_t head = std::min<std::size_t>(length, kLineTableHead);
  std::uint32_t at = 0;
  for (const iovec& range : code.ranges) at += static_cast<std::uint32_t>(range.iov_len);
  code.ranges.push_back(remote_range(table + layout_.bytes_size, layout_.bytes_data - layout_.bytes_size + head));
  // Between its length and its bytes lies its hash, which is computed when it is needed first.
  code.holes.emplace_back(at + sizeof(std::uint64_t), at + layout_.bytes_data - layout_.bytes_size);
}

// Headers first, then what they point to: what is longer than its beginning is read when it is asked for.
void CodeCache::read_ahead(std::span<const Address> addresses) {
  ahead_.clear();
  const auto aligned = [](Address address) { return address % sizeof(Address) == 0; };
  for (const Address address : addresses)
    if (aligned(address)) ahead_.want(address, header_bytes());
  ahead_.fetch();
  std::uint8_t header[kHeaderBytes];
  for (const Address address : addresses) {
    if (!aligned(address) || !ahead_.read(address, header, header_bytes())) continue;
    if (!is_code_type(load<Address>(header + kTypeAt))) continue;
    for (const std::uint32_t at : {shown_name(), layout_.code_filename, layout_.code_linetable})
      ahead_.want(load<Address>(header + at), kAheadBytes);
  }
  ahead_.fetch();
}

std::uint32_t CodeCache::shown_name() const {
  return layout_.code_qualname != 0 ? layout_.code_qualname : layout_.code_name;
}

std::size_t CodeCache::header_bytes() const { return std::min<std::size_t>(kHeaderBytes, layout_.code_signature_end); }

void CodeCache::zero_holes(const Code& code, std::uint8_t* signature) {
  for (const auto& [from, to] : code.holes) std::fill(signature + from, signature + to, std::uint8_t{0});
}

std::optional<CodeCache::Candidate> CodeCache::describe(Address address) {
  std::uint8_t header[kHeaderBytes];
  if (address % sizeof(Address) != 0 || !ahead_.read(address, header, header_bytes())) return std::nullopt;
  if (!is_code_type(load<Address>(header + kTypeAt))) return std::nullopt;
  Candidate candidate{std::make_unique<Code>(), {}};
  Code& code = *candidate.code;
  code.address = address;
  describe_signature(code, header);
  std::size_t size = 0;
  for (const iovec& range : code.ranges) {
    code.signature.resize(size + range.iov_len);
    if (!ahead_.read(reinterpret_cast<Address>(range.iov_base), code.signature.data() + size, range.iov_len))
      return std::nullopt;
    size += range.iov_len;
  }
  zero_holes(code, code.signature.data());

  const std::uint32_t first_line = load<std::uint32_t>(header + layout_.code_firstlineno);
  model::ProfileFrame& frame = candidate.frame;
  frame.kind = model::FrameKind::python;
  frame.name = read_text(load<Address>(header + shown_name()), kMaxNameCharacters);
  frame.file = read_text(load<Address>(header + layout_.code_filename), kMaxFileCharacters);
  frame.line = first_line;
  const std::string table = read_bytes(load<Address>(header + layout_.code_linetable));
  code.lines = LineTable::decode(static_cast<int>(layout_.minor), table, first_line);
  if (layout_.data_stack()) code.instructions = address + layout_.code_instructions;
  return candidate;
}

void CodeCache::learn(std::span<const Address> addresses) {
  read_ahead(addresses);
  std::vector<Candidate> candidates;
  std::vector<iovec> ranges;
  std::size_t size = 0;
  for (const Address address : addresses) {
    auto candidate = describe(address);
    if (!candidate) continue;
    size += candidate->code->signature.size();
    ranges.insert(ranges.end(), candidate->code->ranges.begin(), candidate->code->ranges.end());
    candidates.push_back(std::move(*candidate));
  }
  // What was read in between belongs to a code object only if it is still the same.
  std::vector<std::uint8_t> again(size);
  const bool all = memory_.read(ranges, again.data()) == ranges.size();
  std::uint8_t* at = again.data();
  for (Candidate& candidate : candidates) {
    Code& code = *candidate.code;
    const bool read = all || memory_.read(code.ranges, at) == code.ranges.size();
    zero_holes(code, at);
    const bool same = read && std::memcmp(at, code.signature.data(), code.signature.size()) == 0;
    at += code.signature.size();
    if (!same) continue;
    code.frame = builder_.frame(candidate.frame);
    code.generation = ++next_generation_;
    codes_.emplace(code.address, std::move(candidate.code));
  }
  ahead_.clear();
}

bool CodeCache::is_code_type(Address type) {
  if (code_type_ != 0) return type == code_type_;
  const auto name = memory_.get<Address>(type + layout_.type_name);
  if (!name || memory_.read_c_string(*name, kMaxTypeName) != "code") return false;
  code_type_ = type;
  return true;
}

std::string CodeCache::read_text(Address object, std::size_t max_characters) {
  const auto length = ahead_.get<std::uint64_t>(object + layout_.text_length);
  const auto state = ahead_.get<std::uint32_t>(object + layout_.text_state);
  if (!length || !state) return {};
  const std::uint32_t width = *state >> 2U & 7U;
  const bool compact = (*state >> 5U & 1U) != 0, ascii = (*state >> 6U & 1U) != 0;
  if (!compact || (width != 1 && width != 2 && width != 4)) return {};
  const std::size_t count = std::min<std::size_t>(*length, max_characters);
  std::string raw(count * width, '\0');
  const Address data = object + (ascii ? layout_.text_ascii : layout_.text_compact);
  if (count > 0 && !ahead_.read(data, raw.data(), raw.size())) return {};
  std::string text;
  const auto* const at = reinterpret_cast<const std::uint8_t*>(raw.data());
  for (std::size_t i = 0; i < count; ++i)
    append_utf8(text, width == 1   ? at[i]
                      : width == 2 ? load<std::uint16_t>(at + i * 2)
                                   : load<std::uint32_t>(at + i * 4));
  return to_valid_utf8(text);  // Python strings may hold lone surrogates
}

std::string CodeCache::read_bytes(Address object) {
  const auto size = ahead_.get<std::uint64_t>(object + layout_.bytes_size);
  if (!size || *size > kMaxLineTableBytes) return {};
  std::string bytes(*size, '\0');
  if (!bytes.empty() && !ahead_.read(object + layout_.bytes_data, bytes.data(), bytes.size())) return {};
  return bytes;
}

}  // namespace rh::profiles::python
