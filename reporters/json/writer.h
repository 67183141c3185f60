// Writes JSON text piece by piece. Any bytes are accepted as strings and come out as valid UTF-8. The
// outer levels of nesting get a line per member or element, so that documents can be compared and
// searched line by line; what lies deeper stays on its line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rh::reporters {

class JsonWriter {
 public:
  // Members and elements of the first `broken_levels` levels start on their own line.
  explicit JsonWriter(unsigned broken_levels) : broken_levels_(broken_levels) {}

  void open(char bracket);   // '{' or '['
  void close(char bracket);  // '}' or ']'
  void key(std::string_view name);
  void string(std::string_view bytes);
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void boolean(bool value);
  void null();
  void literal(std::string_view text);  // already JSON, such as a decimal number

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin_value();
  void break_line();
  void quote(std::string_view bytes);
  void escape(char c);

  std::string text_;
  unsigned broken_levels_;
  unsigned depth_ = 0;
  bool first_ = true;  // nothing was written on this level yet
  bool after_key_ = false;
};

}  // namespace rh::reporters
