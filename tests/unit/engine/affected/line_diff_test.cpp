#include "runner/engine/affected/line_diff.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "runner/base/text.h"
#include "runner/engine/affected/blob_id.h"

namespace rh::engine {
namespace {

using model::LineRange;
using Lines = std::vector<std::string_view>;

// Rebuilds the new text from the old one and the changes.
Lines apply(const Lines& before, const Lines& after, const std::vector<LineChange>& changes) {
  Lines built;
  std::size_t at = 0;
  for (const LineChange& change : changes) {
    while (at + 1 < change.old_start) built.push_back(before[at++]);
    EXPECT_EQ(built.size() + 1, change.new_start);
    for (std::uint32_t i = 0; i < change.new_count; ++i) built.push_back(after[change.new_start - 1 + i]);
    at += change.old_count;
  }
  built.insert(built.end(), before.begin() + static_cast<std::ptrdiff_t>(at), before.end());
  return built;
}

TEST(LineDiff, FindsWhatChanged) {
  EXPECT_TRUE(diff_lines({"a", "b"}, {"a", "b"}).empty());
  EXPECT_EQ(diff_lines({"a", "b", "c"}, {"a", "x", "c"}), (std::vector<LineChange>{{2, 1, 2, 1}}));
  EXPECT_EQ(diff_lines({"a", "c"}, {"a", "b", "c"}), (std::vector<LineChange>{{2, 0, 2, 1}}));
  EXPECT_EQ(diff_lines({"a", "b", "c"}, {"a", "c"}), (std::vector<LineChange>{{2, 1, 2, 0}}));
  EXPECT_EQ(diff_lines({}, {"a"}), (std::vector<LineChange>{{1, 0, 1, 1}}));
  EXPECT_EQ(diff_lines({"a"}, {}), (std::vector<LineChange>{{1, 1, 1, 0}}));
}

TEST(LineDiff, RebuildsRandomTexts) {
  std::mt19937 random(20260509);
  const std::string_view words[] = {"a", "b", "c", "d", "e"};
  for (int round = 0; round < 2000; ++round) {
    Lines before, after;
    for (auto i = random() % 30; i > 0; --i) before.push_back(words[random() % 5]);
    after = before;
    for (auto i = random() % 8; i > 0; --i) {
      const auto at = after.begin() + static_cast<std::ptrdiff_t>(random() % (after.size() + 1));
      if (random() % 2 == 0)
        after.insert(at, words[random() % 5]);
      else if (at != after.end())
        after.erase(at);
    }
    const auto changes = diff_lines(before, after);
    ASSERT_EQ(apply(before, after, changes), after) << "round " << round;
  }
}

TEST(LineDiff, TooManyEditsAreOneChange) {
  std::vector<std::string> texts;
  for (int i = 0; i < 8000; ++i) texts.push_back(std::to_string(i));
  Lines before, after;
  for (int i = 0; i < 4000; ++i) before.push_back(texts[static_cast<std::size_t>(i)]);
  for (int i = 4000; i < 8000; ++i) after.push_back(texts[static_cast<std::size_t>(i)]);
  EXPECT_EQ(diff_lines(before, after), (std::vector<LineChange>{{1, 4000, 1, 4000}}));
}

TEST(LineDiff, MovesLines) {
  EXPECT_EQ(move_lines({{1, 3}, {7, 9}}, {{5, 0, 5, 2}}), (std::vector<LineRange>{{1, 3}, {9, 11}}));
  EXPECT_EQ(move_lines({{1, 9}}, {{4, 2, 4, 0}}), (std::vector<LineRange>{{1, 7}}));
  EXPECT_EQ(move_lines({{1, 9}}, {{4, 2, 4, 1}}), (std::vector<LineRange>{{1, 3}, {5, 8}}));
  EXPECT_EQ(move_lines({{4, 5}}, {{4, 2, 4, 1}}), (std::vector<LineRange>{}));
  EXPECT_EQ(move_lines({{3, 4}, {6, 8}}, {{4, 3, 4, 0}}), (std::vector<LineRange>{{3, 5}}));
  EXPECT_EQ(move_lines({{2, 2}}, {{2, 0, 2, 1}}), (std::vector<LineRange>{{3, 3}}));
}

TEST(BlobId, IsGits) {  // git hash-object
  EXPECT_EQ(blob_id(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(blob_id("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
}

}  // namespace
}  // namespace rh::engine
