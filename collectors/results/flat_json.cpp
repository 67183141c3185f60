#include "collectors/results/flat_json.h"

#include <algorithm>

#include "collectors/results/text_encoding.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kMaxMembers = 256;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool has_high_bytes(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  return false;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

// Walks over the line once. Every function returns false at a syntax error or at the end of the
// line; `at_end()` tells which.
class FlatObject::Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  void skip_blanks() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A string into `into`, kept as far as it goes when the line ends inside of it.
  bool string(std::string& into) {
    into.clear();
    if (!take('"')) return false;
    bool closed = false;
    while (!closed && !at_end()) {
      const std::size_t stop = std::min(text_.find_first_of("\"\\", at_), text_.size());
      into += text_.substr(at_, stop - at_);
      at_ = stop;
      if (at_end()) break;
      if (text_[at_++] == '"')
        closed = true;
      else
        escape(into);
    }
    if (has_high_bytes(into)) into = to_valid_utf8(into);
    return closed;
  }

  // A number, true, false or null.
  bool literal(std::string& into) {
    const std::size_t end = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
    into = text_.substr(at_, end - at_);
    at_ = end;
    return !into.empty() && !at_end();
  }

  bool skip_nested() {
    std::size_t depth = 0;
    std::string ignored;
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!string(ignored)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  [[nodiscard]] char peek() {
    skip_blanks();
    return at_end() ? '\0' : text_[at_];
  }

 private:
  void escape(std::string& into) {
    if (at_end()) return;
    const char c = text_[at_++];
    constexpr std::string_view kNames = "bfnrt";
    constexpr std::string_view kBytes = "\b\f\n\r\t";
    if (const std::size_t i = kNames.find(c); i != std::string_view::npos)
      into += kBytes[i];
    else if (c == 'u')
      unicode(into);
    else
      into += c;
  }

  std::optional<std::uint32_t> four_digits() {
    if (text_.size() - at_ < 4) {
      at_ = text_.size();
      return std::nullopt;
    }
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const int digit = hex_value(text_[at_ + i]);
      if (digit < 0) return std::nullopt;
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    at_ += 4;
    return code;
  }

  // Python writes undecodable bytes as lone surrogates (\udcff): they become U+FFFD.
  void unicode(std::string& into) {
    const auto code = four_digits();
    if (code && *code >= 0xD800 && *code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const std::size_t before = at_;
      at_ += 2;
      if (const auto low = four_digits(); low && *low >= 0xDC00 && *low < 0xE000)
        return append_utf8(into, 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00));
      at_ = before;
    }
    if (!code || (*code >= 0xD800 && *code < 0xE000))
      into += kReplacement;
    else
      append_utf8(into, *code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

FlatObject::Parse FlatObject::parse(std::string_view line) {
  size_ = 0;
  Cursor cursor(line);
  if (!cursor.take('{')) return Parse::invalid;
  if (cursor.take('}')) return cursor.peek() == '\0' && cursor.at_end() ? Parse::whole : Parse::invalid;
  const auto broken = [&] { return cursor.at_end() ? Parse::cut : Parse::invalid; };
  std::string key;
  do {
    if (size_ == kMaxMembers) return Parse::invalid;
    if (!cursor.string(key)) return broken();
    if (!cursor.take(':')) return broken();
    const char first = cursor.peek();
    if (first == '{' || first == '[') {
      if (!cursor.skip_nested()) return broken();
      continue;
    }
    Member& member = add();
    member.key = key;
    member.kind = first == '"' ? Kind::text : Kind::literal;
    const bool complete = first == '"' ? cursor.string(member.value) : cursor.literal(member.value);
    // A number that the cut shortened is wrong, a text only shorter.
    if (!complete && member.kind == Kind::literal) --size_;
    if (!complete) return broken();
    if (member.kind == Kind::literal && member.value == "null") member.kind = Kind::null;
  } while (cursor.take(','));
  if (!cursor.take('}')) return broken();
  cursor.skip_blanks();
  return cursor.at_end() ? Parse::whole : Parse::invalid;
}

FlatObject::Member& FlatObject::add() {
  if (size_ == members_.size()) members_.emplace_back();
  return members_[size_++];
}

// The last one of a repeated key, as JSON readers do.
const FlatObject::Member* FlatObject::find(std::string_view key) const {
  for (std::size_t i = size_; i-- > 0;)
    if (members_[i].key == key) return members_[i].kind == Kind::null ? nullptr : &members_[i];
  return nullptr;
}

const FlatObject::Member* FlatObject::literal(std::string_view key) const {
  const Member* member = find(key);
  return member && member->kind == Kind::literal ? member : nullptr;
}

bool FlatObject::has(std::string_view key) const { return find(key) != nullptr; }

std::string_view FlatObject::text(std::string_view key) const {
  const Member* member = find(key);
  return member && member->kind == Kind::text ? std::string_view(member->value) : std::string_view();
}

std::optional<std::int64_t> FlatObject::integer(std::string_view key) const {
  const Member* member = literal(key);
  return member ? parse_i64(member->value) : std::nullopt;
}

std::optional<std::uint64_t> FlatObject::count(std::string_view key) const {
  const Member* member = literal(key);
  return member ? parse_u64(member->value) : std::nullopt;
}

std::optional<double> FlatObject::number(std::string_view key) const {
  const Member* member = literal(key);
  return member ? parse_double(member->value) : std::nullopt;
}

}  // namespace rh::collectors
