// Lines of formats that list pieces of code from line to line (.NET's sequence points and ranges): each line of a piece
// is a line of code, and it ran as often as the piece of it that ran most.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {

// No statement is longer; compilers mark code that has no source by lines beyond (0xFEEFEE).
constexpr std::uint32_t kMaxLinesOfPiece = 20'000;
constexpr std::uint32_t kHiddenLine = 0xF00000;

class CodeLines {
 public:
  // False: the piece is not of source code, or its lines make no sense.
  [[nodiscard]] bool add(std::uint32_t first, std::uint32_t last, std::uint64_t hits) {
    if (first == 0 || last < first || last - first >= kMaxLinesOfPiece || last >= kHiddenLine) return false;
    for (std::uint32_t line = first; line <= last; ++line) {
      std::uint64_t& count = lines_[line];
      count = std::max(count, hits);
    }
    return true;
  }

  [[nodiscard]] std::uint64_t hits(std::uint32_t line) const {
    const auto found = lines_.find(line);
    return found == lines_.end() ? 0 : found->second;
  }

  void move_to(FileBuilder& file) {
    for (const auto& [line, hits] : lines_) file.line(line, hits);
    lines_.clear();
  }

 private:
  std::map<std::uint32_t, std::uint64_t> lines_;
};

}  // namespace rh::collectors
