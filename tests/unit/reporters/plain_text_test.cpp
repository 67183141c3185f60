#include "reporters/plain_text.h"

#include <gmock/gmock.h>

#include "runner/base/text.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CleanText, RemovesWhatSteersATerminal) {
  EXPECT_EQ(clean_text("a\x1b[31mb\x1b[0m\x1b]0;title\x07"), "ab");
  EXPECT_EQ(clean_text("a\bb\x7f\x01"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(clean_text("\xC2\x9b"
                       "31m"),
            "\xEF\xBF\xBD"
            "31m");  // the 8-bit form of ESC [
}

TEST(CleanText, RemovesWhatReordersText) {
  EXPECT_EQ(clean_text("a\xE2\x80\xAE"
                       "b\xE2\x81\xA6"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(clean_text("\xE2\x80\x94 \xC3\xA9 \xE6\xBC\xA2"), "\xE2\x80\x94 \xC3\xA9 \xE6\xBC\xA2");
}

TEST(CleanText, IsValidForAnyBytes) {
  for (unsigned first = 0; first < 256; ++first)
    for (unsigned second = 0; second < 256; ++second) {
      const std::string clean = clean_text(std::string{static_cast<char>(first), static_cast<char>(second), '\x80'});
      ASSERT_EQ(to_valid_utf8(clean), clean) << first << " " << second;
      ASSERT_EQ(clean.find_first_of("\x1b\r\x08"), std::string::npos) << first << " " << second;
    }
}

TEST(CleanText, LineBreaksBecomeOneKind) { EXPECT_EQ(clean_text("a\r\nb\rc\nd"), "a\nb\nc\nd"); }

TEST(CleanLine, IsOneShortLine) {
  EXPECT_EQ(clean_line(" a\nb\tc "), "a b c");
  EXPECT_EQ(clean_line(std::string(1000, 'x'), 10), "xxxxxxx...");
  EXPECT_THAT(clean_line(golden::kHostile), Not(HasSubstr("\n")));
}

TEST(CleanBlock, CutsTheMiddleAndSaysSo) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string block = clean_block(text, 9);
  EXPECT_EQ(split_lines(block).size(), 10U);
  EXPECT_THAT(block, testing::StartsWith("line 0\nline 1\nline 2\n... (91 lines cut)\nline 94\n"));
  EXPECT_THAT(block, testing::EndsWith("line 99\n"));
  EXPECT_LE(clean_block(text, 100, 200).size(), 220U);
  EXPECT_EQ(clean_block("", 10), "");
}

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 6), "\xC3\xA9...");
  EXPECT_EQ(shorten("abcdef", 0), "...");
}

TEST(WidthOf, CountsColumns) {
  EXPECT_EQ(width_of("abc"), 3U);
  EXPECT_EQ(width_of("\xC3\xA9"), 1U);
  EXPECT_EQ(width_of("\xE6\xBC\xA2"), 2U);
}

}  // namespace
}  // namespace rh::reporters
