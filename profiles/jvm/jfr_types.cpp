#include "profiles/jvm/jfr_types.h"

#include <fmt/format.h>

#include "runner/base/text.h"

namespace rh::profiles::jfr {
namespace {

std::uint64_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

void append_utf8(std::string& to, std::uint64_t letter) {
  if (letter < 0x80) {
    to += static_cast<char>(letter);
  } else if (letter < 0x800) {
    to += static_cast<char>(0xc0U | letter >> 6U);
    to += static_cast<char>(0x80U | (letter & 0x3fU));
  } else {
    to += static_cast<char>(0xe0U | (letter >> 12U & 0x0fU));
    to += static_cast<char>(0x80U | (letter >> 6U & 0x3fU));
    to += static_cast<char>(0x80U | (letter & 0x3fU));
  }
}

struct Attributes {
  std::string name, type, pooled, dimension, id;
};

// The metadata: a table of texts, then elements with attributes and children, numbers of texts all.
class Metadata {
 public:
  Metadata(std::string_view chunk, std::uint64_t at) : in_(chunk, at) {}

  Result<Types> read() {
    for (int i = 0; i < 5; ++i) (void)in_.number();  // size, type, start, duration, number
    for (std::uint64_t left = in_.number(); left > 0 && in_.good(); --left) {
      if (texts_.size() >= kMaxItems) return fail(ErrorKind::limit, "read JFR: too many texts of its metadata");
      texts_.push_back(in_.text());
    }
    element(nullptr, 0);
    RH_CHECK(in_.check());
    return std::move(types_);
  }

 private:
  std::string text() {
    const std::uint64_t index = in_.number();
    return index < texts_.size() ? texts_[index] : std::string();
  }

  Attributes attributes() {
    Attributes found;
    for (std::uint64_t left = in_.number(); left > 0 && in_.good(); --left) {
      const std::string key = text();
      std::string value = text();
      if (key == "name")
        found.name = std::move(value);
      else if (key == "class")
        found.type = std::move(value);
      else if (key == "constantPool")
        found.pooled = std::move(value);
      else if (key == "dimension")
        found.dimension = std::move(value);
      else if (key == "id")
        found.id = std::move(value);
    }
    return found;
  }

  void element(Type* owner, unsigned depth) {
    if (depth > kMaxDepth) return in_.fail_here();
    const std::string kind = text();
    const Attributes found = attributes();
    Type own;
    if (kind == "class") {
      own.id = parse_u64(found.id).value_or(0);
      own.name = found.name;
    }
    if (kind == "field" && owner != nullptr)
      owner->fields.push_back(
          {found.name, parse_u64(found.type).value_or(0), found.pooled == "true", found.dimension == "1"});
    for (std::uint64_t left = in_.number(); left > 0 && in_.good(); --left)
      element(kind == "class" ? &own : nullptr, depth + 1);
    if (kind == "class") types_.add(std::move(own));
  }

  Cursor in_;
  std::vector<std::string> texts_;
  Types types_;
};

}  // namespace

Result<JfrHeader> read_header(std::string_view bytes) {
  constexpr std::uint64_t kFormat = 2;
  if (bytes.size() < kHeaderBytes || bytes.substr(0, 4) != std::string_view("FLR\0", 4))
    return fail(ErrorKind::parse, "read JFR: it does not begin as a chunk");
  if (big_endian(bytes, 4, 2) != kFormat || (big_endian(bytes, 64, 4) & 1U) == 0)
    return fail(ErrorKind::unsupported, fmt::format("read JFR of format {}", big_endian(bytes, 4, 2)));
  const JfrHeader header{big_endian(bytes, 8, 8), big_endian(bytes, 16, 8), big_endian(bytes, 24, 8)};
  if (header.size < kHeaderBytes || header.size > bytes.size() || header.pools >= header.size ||
      header.metadata >= header.size || header.metadata < kHeaderBytes)
    return fail(ErrorKind::parse, "read JFR: the file was not written to its end");
  return header;
}

std::uint8_t Cursor::byte() {
  if (at_ >= bytes_.size()) good_ = false;
  return good_ ? static_cast<std::uint8_t>(bytes_[at_++]) : 0;
}

std::uint64_t Cursor::number() {
  constexpr unsigned kLastShift = 56;  // the ninth byte is whole
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint64_t next = byte();
    if (shift == kLastShift) return value | next << shift;
    value |= (next & 0x7fU) << shift;
    if ((next & 0x80U) == 0) return value;
  }
}

void Cursor::skip(std::uint64_t count) {
  if (count > bytes_.size() - at_) good_ = false;
  if (good_) at_ += count;
}

std::string Cursor::take(std::uint64_t count) {
  const std::uint64_t from = at_;
  skip(count);
  return good_ ? std::string(bytes_.substr(from, count)) : std::string();
}

std::string Cursor::text() {
  std::string letters;
  switch (byte()) {
    case 0:  // none
    case 1:  // empty
      return {};
    case 2:  // in a pool of texts, which no name is
      (void)number();
      return {};
    case 3:
      return take(number());
    case 4:
      for (std::uint64_t left = number(); left > 0 && good_; --left) append_utf8(letters, number());
      return letters;
    case 5:
      for (const char letter : take(number())) append_utf8(letters, static_cast<std::uint8_t>(letter));
      return letters;
    default:
      good_ = false;
      return {};
  }
}

Result<void> Cursor::check() const {
  if (good_) return {};
  return fail(ErrorKind::parse, fmt::format("read JFR: damaged near byte {} of a chunk", at_));
}

const Type* Types::find(std::uint64_t id) const {
  const auto at = types_.find(id);
  return at == types_.end() ? nullptr : &at->second;
}

const Type* Types::find(std::string_view name) const {
  for (const auto& [id, type] : types_)
    if (type.name == name) return &type;
  return nullptr;
}

Value Types::read(Cursor& in, const Type& type, unsigned depth) const {
  Value value;
  if (depth > kMaxDepth) {
    in.fail_here();
    return value;
  }
  if (type.name == "boolean" || type.name == "byte") {
    value.number = in.byte();
  } else if (type.name == "int" || type.name == "long" || type.name == "short" || type.name == "char") {
    value.number = in.number();
  } else if (type.name == "float") {
    in.skip(4);
  } else if (type.name == "double") {
    in.skip(8);
  } else if (type.name == "java.lang.String") {
    value.text = in.text();
  } else {
    for (const Field& field : type.fields) value.items.push_back(read_one(in, field, depth));
  }
  return value;
}

Value Types::read_one(Cursor& in, const Field& field, unsigned depth) const {
  const Type* type = find(field.type);
  if (type == nullptr) in.fail_here();
  Value value;
  if (!in.good()) return value;
  const auto element = [&] {
    if (!field.pooled) return read(in, *type, depth + 1);
    Value key;
    key.number = in.number();
    return key;
  };
  if (!field.array) return element();
  std::uint64_t left = in.number();
  if (left > kMaxItems || left > in.left()) in.fail_here();  // each takes a byte
  for (; left > 0 && in.good(); --left) value.items.push_back(element());
  return value;
}

Result<Types> read_types(std::string_view chunk, std::uint64_t at) { return Metadata(chunk, at).read(); }

}  // namespace rh::profiles::jfr
