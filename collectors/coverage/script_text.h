// The lines of a JavaScript source by the offsets that V8 counts in: UTF-16 code units. Blanks at the end do not count,
// as in v8-to-istanbul.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rh::collectors {

class ScriptText {
 public:
  struct Line {
    std::uint32_t start = 0, end = 0;  // without the line break; an empty line has both the same
    bool ignored = false;              // by a comment: c8 ignore, v8 ignore, node:coverage
  };

  // UTF-8. Invalid sequences count as one unit each, as Node decodes them.
  explicit ScriptText(std::string_view text);
  // A text of which only the lengths of its lines are known, without their line breaks.
  explicit ScriptText(const std::vector<std::uint32_t>& line_lengths);

  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }  // never empty
  [[nodiscard]] std::uint32_t size() const { return lines_.back().end; }   // without blanks at the end
  [[nodiscard]] std::uint32_t whole_size() const { return whole_size_; }   // with them
  [[nodiscard]] bool has_bom() const { return has_bom_; }

  // [first, last) of the lines that a range touches, of whatever offsets.
  [[nodiscard]] std::pair<std::size_t, std::size_t> touched(std::int64_t start, std::int64_t end) const;
  // Offset of a column of a line (0-based), at most the line's end; the text's end when there is no such line.
  [[nodiscard]] std::int64_t offset(std::size_t line, std::int64_t column) const;

 private:
  std::vector<Line> lines_;
  std::uint32_t whole_size_ = 0;
  bool has_bom_ = false;
};

}  // namespace rh::collectors
