// The types that a chunk of a .jfr file describes, and values read by them. Numbers are packed 7 bits a byte (9 bytes
// at most), texts begin with a byte that says how they are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles::jfr {

inline constexpr std::uint64_t kHeaderBytes = 68;
inline constexpr std::size_t kMaxItems = 1'000'000;  // of one array
inline constexpr unsigned kMaxDepth = 32;            // of types within types

struct JfrHeader {
  std::uint64_t size = 0, pools = 0, metadata = 0;  // offsets from the start of the chunk
};

// Errors: parse; unsupported for another version, or numbers that are not packed.
[[nodiscard]] Result<JfrHeader> read_header(std::string_view bytes);

// Reads in order; beyond the end everything is 0 and check() an error.
class Cursor {
 public:
  // `at` lies inside.
  Cursor(std::string_view bytes, std::uint64_t at) : bytes_(bytes), at_(at) {}
  std::uint64_t number();
  std::uint8_t byte();
  std::string text();
  void skip(std::uint64_t count);
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::uint64_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] Result<void> check() const;
  void fail_here() { good_ = false; }

 private:
  std::string take(std::uint64_t count);
  std::string_view bytes_;
  std::uint64_t at_ = 0;
  bool good_ = true;
};

struct Field {
  std::string name;
  std::uint64_t type = 0;
  bool pooled = false, array = false;
};

struct Type {
  std::uint64_t id = 0;
  std::string name;
  std::vector<Field> fields;
};

struct Value {
  std::uint64_t number = 0;  // also the key of a pool
  std::string text;
  std::vector<Value> items;  // the fields of a structure, in order, or the elements of an array
};

class Types {
 public:
  [[nodiscard]] const Type* find(std::uint64_t id) const;
  [[nodiscard]] const Type* find(std::string_view name) const;
  // What is damaged leaves the cursor not good.
  [[nodiscard]] Value read(Cursor& in, const Type& type, unsigned depth) const;
  void add(Type type) { types_[type.id] = std::move(type); }

 private:
  [[nodiscard]] Value read_one(Cursor& in, const Field& field, unsigned depth) const;
  std::unordered_map<std::uint64_t, Type> types_;
};

// Errors: parse, limit.
[[nodiscard]] Result<Types> read_types(std::string_view chunk, std::uint64_t at);

}  // namespace rh::profiles::jfr
