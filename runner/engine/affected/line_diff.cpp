#include "runner/engine/affected/line_diff.h"

#include <algorithm>

namespace rh::engine {
namespace {

using Lines = std::vector<std::string_view>;
using Step = std::int64_t;

// The furthest points of each round, kept to walk back from the end.
class Trace {
 public:
  Trace(const Lines& before, const Lines& after, std::size_t head, std::size_t before_end, std::size_t after_end)
      : before_(before), after_(after), head_(head), n_(Step(before_end - head)), m_(Step(after_end - head)) {}

  // The number of edits, or nothing when there are too many.
  bool run() {
    const Step most = std::min<Step>(n_ + m_, Step(kMaxLineEdits));
    std::vector<Step> furthest(static_cast<std::size_t>(2 * most + 3), 0);
    offset_ = most + 1;
    for (Step edits = 0; edits <= most; ++edits) {
      rounds_.emplace_back(furthest.begin() + (offset_ - edits - 1), furthest.begin() + (offset_ + edits + 2));
      for (Step diagonal = -edits; diagonal <= edits; diagonal += 2) {
        Step x = next_x(furthest, offset_, diagonal, edits);
        Step y = x - diagonal;
        while (x < n_ && y < m_ && same(x, y)) ++x, ++y;
        furthest[static_cast<std::size_t>(offset_ + diagonal)] = x;
        if (x >= n_ && y >= m_) return true;
      }
    }
    return false;
  }

  // Calls `edit(old index, new index, inserted)` for each single edit, the last one first.
  template <class Edit>
  void walk_back(const Edit& edit) const {
    Step x = n_, y = m_;
    for (Step edits = Step(rounds_.size()) - 1; edits > 0; --edits) {
      const auto& furthest = rounds_[static_cast<std::size_t>(edits)];
      const Step middle = edits + 1, diagonal = x - y;
      const Step from = came_down(furthest, middle, diagonal, edits) ? diagonal + 1 : diagonal - 1;
      const Step from_x = furthest[static_cast<std::size_t>(middle + from)], from_y = from_x - from;
      if (from > diagonal)
        edit(head_ + static_cast<std::size_t>(from_x), head_ + static_cast<std::size_t>(from_y), true);
      else
        edit(head_ + static_cast<std::size_t>(from_x), head_ + static_cast<std::size_t>(from_y), false);
      x = from_x, y = from_y;
    }
  }

 private:
  [[nodiscard]] bool same(Step x, Step y) const {
    return before_[head_ + static_cast<std::size_t>(x)] == after_[head_ + static_cast<std::size_t>(y)];
  }
  static bool came_down(const std::vector<Step>& furthest, Step middle, Step diagonal, Step edits) {
    return diagonal == -edits || (diagonal != edits && furthest[static_cast<std::size_t>(middle + diagonal - 1)] <
                                                           furthest[static_cast<std::size_t>(middle + diagonal + 1)]);
  }
  static Step next_x(const std::vector<Step>& furthest, Step middle, Step diagonal, Step edits) {
    if (edits == 0) return 0;
    if (came_down(furthest, middle, diagonal, edits)) return furthest[static_cast<std::size_t>(middle + diagonal + 1)];
    return furthest[static_cast<std::size_t>(middle + diagonal - 1)] + 1;
  }

  const Lines& before_;
  const Lines& after_;
  std::size_t head_;
  Step n_, m_, offset_ = 0;
  std::vector<std::vector<Step>> rounds_;
};

}  // namespace

std::vector<LineChange> diff_lines(const Lines& before, const Lines& after) {
  std::size_t head = 0, before_end = before.size(), after_end = after.size();
  while (head < before_end && head < after_end && before[head] == after[head]) ++head;
  while (before_end > head && after_end > head && before[before_end - 1] == after[after_end - 1])
    --before_end, --after_end;
  if (head == before_end && head == after_end) return {};
  Trace trace(before, after, head, before_end, after_end);
  const auto whole = LineChange{static_cast<std::uint32_t>(head + 1), static_cast<std::uint32_t>(before_end - head),
                                static_cast<std::uint32_t>(head + 1), static_cast<std::uint32_t>(after_end - head)};
  if (head == before_end || head == after_end || !trace.run()) return {whole};

  std::vector<LineChange> changes;  // the last one first
  trace.walk_back([&](std::size_t old_index, std::size_t new_index, bool inserted) {
    const auto old_line = static_cast<std::uint32_t>(old_index + 1),
               new_line = static_cast<std::uint32_t>(new_index + 1);
    const std::uint32_t old_end = old_line + (inserted ? 0U : 1U), new_end = new_line + (inserted ? 1U : 0U);
    if (!changes.empty() && changes.back().old_start == old_end && changes.back().new_start == new_end) {
      LineChange& next = changes.back();
      next.old_count += next.old_start - old_line, next.new_count += next.new_start - new_line;
      next.old_start = old_line, next.new_start = new_line;
    } else {
      changes.push_back({old_line, old_end - old_line, new_line, new_end - new_line});
    }
  });
  std::reverse(changes.begin(), changes.end());
  return changes;
}

std::vector<model::LineRange> move_lines(const std::vector<model::LineRange>& lines,
                                         const std::vector<LineChange>& changes) {
  std::vector<model::LineRange> moved;
  const auto add = [&](std::uint32_t first, std::uint32_t last) {
    if (first > last) return;
    if (!moved.empty() && moved.back().last + 1 >= first)
      moved.back().last = std::max(moved.back().last, last);
    else
      moved.push_back({first, last});
  };
  std::size_t next = 0;
  std::int64_t shift = 0;
  for (model::LineRange range : lines) {
    while (next < changes.size() && changes[next].old_start + changes[next].old_count <= range.first) {
      shift += std::int64_t(changes[next].new_count) - changes[next].old_count;
      ++next;
    }
    const auto place = [&](std::uint32_t line) { return static_cast<std::uint32_t>(line + shift); };
    while (next < changes.size() && changes[next].old_start <= range.last) {
      const LineChange& change = changes[next];
      if (change.old_start > range.first) add(place(range.first), place(change.old_start - 1));
      range.first = std::max(range.first, change.old_start + change.old_count);
      if (change.old_start + change.old_count > range.last + 1) break;  // it reaches into the next range as well
      shift += std::int64_t(change.new_count) - change.old_count;
      ++next;
    }
    add(place(range.first), place(range.last));
  }
  return moved;
}

}  // namespace rh::engine
