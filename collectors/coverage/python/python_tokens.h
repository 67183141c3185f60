// Python source as logical lines of tokens: enough to find statements and their blocks, for every version of the
// language since 3.6. Nothing is evaluated; what no Python would accept is an error with its line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

constexpr std::size_t kMaxPythonIndents = 100;   // Python's own limit
constexpr std::size_t kMaxPythonNesting = 1000;  // of brackets, and of strings in strings

struct PyToken {
  enum class Kind : std::uint8_t { name, number, string, op };
  Kind kind = Kind::op;
  std::uint32_t line = 0, end_line = 0;  // 1-based
  std::uint32_t nesting = 0;             // brackets around it; an opening bracket is outside of itself
  std::string_view text;

  [[nodiscard]] bool is(std::string_view wanted) const { return text == wanted && kind != Kind::string; }
};

// From the first token of a statement to the NEWLINE that ends it.
struct PyLogicalLine {
  std::uint32_t first_line = 0, last_line = 0;
  std::uint32_t depth = 0;  // indents before it
  std::vector<PyToken> tokens;
};

class PyLines {
 public:
  // `text` with '\n' as the only end of lines.
  explicit PyLines(std::string_view text) : text_(text) {}

  // False at the end, and after an error.
  [[nodiscard]] bool next(PyLogicalLine& line);
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint32_t line() const { return line_; }  // where it stopped

 private:
  bool begin_line(PyLogicalLine& line);
  bool read_token(PyLogicalLine& line);
  bool read_string(std::size_t quote);
  bool scan_plain(std::string_view delimiter);
  bool scan_fields(std::string_view delimiter, std::size_t depth);
  bool scan_field(std::string_view delimiter, std::size_t depth);
  void skip_number();
  bool fail(std::string_view what);

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t nesting_ = 0;
  std::vector<std::size_t> indents_{0};
  std::string error_;
};

}  // namespace rh::collectors
