// Big JSON documents in one pass, without a tree: a reader names the places it wants in a table and is told what stands
// there. Whatever precedes a damage has been told by then. Numbers, escapes and nesting are Boost.JSON's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {

constexpr std::size_t kMaxJsonDepth = 256;
constexpr std::size_t kMaxJsonText = 16U << 20;  // one string or key; more of it is dropped

using JsonPlace = std::uint8_t;
constexpr JsonPlace kJsonRoot = 0;
constexpr std::string_view kAnyMember = "*", kElement = "[]";

// From a place that is an object or array to one of its values. The first row that fits counts.
struct JsonStep {
  JsonPlace from;
  std::string_view key;  // a member's name, kAnyMember or kElement
  JsonPlace to;
};

struct JsonScalar {
  enum class Kind { null, boolean, integer, real, text };
  Kind kind = Kind::null;
  bool truth = false;
  bool negative = false;        // of an integer: its value is -magnitude
  std::uint64_t magnitude = 0;  // of an integer
  double real = 0;              // of any number
  std::string_view text;        // UTF-8 only when the document is; valid during the call

  [[nodiscard]] std::optional<std::string_view> as_text() const;
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;
  [[nodiscard]] std::optional<std::uint32_t> as_line() const;  // 1 and more
  [[nodiscard]] std::optional<ReadCount> as_count() const;     // any number, put into range
};

class JsonHandler {
 public:
  virtual ~JsonHandler() = default;
  // `key`: the member's name; empty for an element. An unknown place and all below it are passed over.
  virtual void enter(JsonPlace place, std::string_view key, bool is_array) = 0;
  virtual void leave(JsonPlace place) = 0;
  virtual void value(JsonPlace place, std::string_view key, const JsonScalar& value) = 0;
};

struct JsonEnd {
  bool complete = false;   // every document of the text was read to its end
  std::size_t offset = 0;  // bytes that were understood
  std::string error;       // "incomplete", "syntax error"; empty when complete
};

// Several documents one behind the other (gcov --stdout) are read one after the other.
[[nodiscard]] JsonEnd walk_json(std::string_view text, std::span<const JsonStep> steps, JsonHandler& handler);

// The same as the place of a diagnostic: "line 3, column 7".
[[nodiscard]] std::string json_position(std::string_view text, std::size_t offset);

}  // namespace rh::collectors
