#include "collectors/coverage/v8_lines.h"

#include <numeric>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/file_builder.h"
#include "runner/base/text.h"

namespace rh::collectors {

void V8Lines::add_range(std::int64_t start, std::int64_t end, std::uint64_t count, bool branch,
                        const std::string* function) {
  end = std::min<std::int64_t>(end, text_.size());
  auto [first, last] = text_.touched(start, end);
  if (first == last) return;
  const auto& lines = text_.lines();
  const auto line = static_cast<std::uint32_t>(first + 1);
  const std::int64_t column = start - lines[first].start;
  const std::uint64_t counted = lines[first].ignored ? 1 : count;
  if (branch)
    branches_.push_back(
        {line, blocks_[line]++, fmt::format("{}-{}:{}", column, last, end - lines[last - 1].start), counted});
  if (function != nullptr) functions_.add(to_valid_utf8(*function), line, column, counted);
  if (start > lines[first].start) ++first;
  if (first < last && end < lines[last - 1].end) --last;
  if (first < last) painted_.push_back({first, last, count});
}

// The last range that spans a line has the say. Taken from the last to the first, each line is set once.
std::vector<std::uint64_t> V8Lines::paint() const {
  const auto& lines = text_.lines();
  std::vector<std::uint64_t> counts(lines.size(), 1);
  std::vector<std::size_t> next(lines.size() + 1);  // the first line from here on that is not set, as a forest
  std::iota(next.begin(), next.end(), 0U);
  const auto unset_from = [&](std::size_t line) {
    while (next[line] != line) line = next[line] = next[next[line]];
    return line;
  };
  for (auto range = painted_.rbegin(); range != painted_.rend(); ++range) {
    for (std::size_t line = unset_from(range->first); line < range->last; line = unset_from(line)) {
      if (!lines[line].ignored) counts[line] = range->count;
      next[line] = line + 1;
    }
  }
  return counts;
}

model::CoverageFile V8Lines::finish() && {
  FileBuilder file(std::move(path_));
  std::uint32_t line = 0;
  for (const std::uint64_t count : paint()) file.line(++line, count);
  for (model::BranchHits& branch : branches_) file.branch(std::move(branch));
  functions_.move_to(file);
  return std::move(file).finish();
}

}  // namespace rh::collectors
