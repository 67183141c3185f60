// One line of an event stream: a JSON object whose members are scalars. Forgiving where writers are
// known to be loose (invalid UTF-8, raw control bytes, lone surrogate escapes), because a strict
// parser would lose the result that such a line carries; the text it gives is always valid UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

class FlatObject {
 public:
  enum class Parse {
    whole,  // one object and nothing else
    cut,    // the line ends inside of the object: the members before the cut are there
    invalid,
  };

  // Replaces the members. Nested arrays and objects are skipped.
  Parse parse(std::string_view line);

  [[nodiscard]] bool has(std::string_view key) const;               // and is not null
  [[nodiscard]] std::string_view text(std::string_view key) const;  // empty when absent or no string
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> count(std::string_view key) const;
  [[nodiscard]] std::optional<double> number(std::string_view key) const;

 private:
  enum class Kind { null, text, literal };
  struct Member {
    std::string key;
    Kind kind = Kind::null;
    std::string value;
  };
  class Cursor;

  [[nodiscard]] const Member* find(std::string_view key) const;
  [[nodiscard]] const Member* literal(std::string_view key) const;
  Member& add();

  std::vector<Member> members_;  // the first `size_` are in use; the others keep their buffers
  std::size_t size_ = 0;
};

}  // namespace rh::collectors
