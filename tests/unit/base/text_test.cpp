#include "runner/base/text.h"

#include <gtest/gtest.h>

namespace rh {
namespace {

TEST(Text, SplitsLinesOfBothKinds) {
  EXPECT_EQ(split_lines("a\r\nb\n\nc"), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_TRUE(split_lines("").empty());
}

TEST(Text, RepairsUtf8) {
  EXPECT_EQ(to_valid_utf8("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(to_valid_utf8("a\xFF"
                          "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "surrogates are no characters";
  EXPECT_EQ(to_valid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong forms are no characters";
  EXPECT_EQ(to_valid_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "a cut sequence";
}

TEST(Text, StripsTerminalSequences) {
  EXPECT_EQ(strip_ansi("\x1b[1;31mred\x1b[0m"), "red");
  EXPECT_EQ(strip_ansi("\x1b]0;title\x07text"), "text");
  EXPECT_EQ(strip_ansi("\x1b]8;;http://x\x1b\\link"), "link");
  EXPECT_EQ(strip_ansi("cut\x1b["), "cut");
}

TEST(Text, QuotesForTheShell) {
  EXPECT_EQ(shell_join({"pytest", "a.py::test[x y]", "it's"}), "pytest 'a.py::test[x y]' 'it'\\''s'");
  EXPECT_EQ(lossless_shell_quote(""), "''");
}

TEST(Text, MatchesGlobs) {
  EXPECT_TRUE(glob_match("*", "abc"));
  EXPECT_FALSE(glob_match("*", "a/b"));
  EXPECT_TRUE(glob_match("**", "a/b"));
  EXPECT_TRUE(glob_match("a/**", "a/b/c"));
  EXPECT_TRUE(glob_match("**/c", "c"));
  EXPECT_TRUE(glob_match("**/c", "a/b/c"));
  EXPECT_TRUE(glob_match("packages/*:vitest", "packages/web:vitest"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_FALSE(glob_match("a?c", "a/c"));
  EXPECT_TRUE(glob_match("npm_config_*", "npm_config_registry"));
  EXPECT_FALSE(glob_match("a*b", "acd"));
  EXPECT_TRUE(glob_match("a*b*c", "axxbxxc"));
}

TEST(Text, GlobsOfARepositoryCannotRunAway) {
  const std::string pattern = "*a*a*a*a*a*a*a*a*a*a*a*a*b";
  EXPECT_FALSE(glob_match(pattern, std::string(2000, 'a')));
}

TEST(Text, ReadsSizes) {
  EXPECT_EQ(parse_size("512M").value(), 512ULL << 20);
  EXPECT_EQ(parse_size("2G").value(), 2ULL << 30);
  EXPECT_EQ(parse_size("64KiB").value(), 64ULL << 10);
  EXPECT_EQ(parse_size("1.5M").value(), 3ULL << 19);
  EXPECT_EQ(parse_size("100").value(), 100U);
  for (const char* bad : {"", "M", "5X", "-1", "1 2", "99999999T", "5MM"}) EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Text, ReadsDurations) {
  using namespace std::chrono_literals;
  EXPECT_EQ(parse_duration("200ms").value(), 200ms);
  EXPECT_EQ(parse_duration("90s").value(), 90s);
  EXPECT_EQ(parse_duration("1h30m").value(), 90min);
  EXPECT_EQ(parse_duration("0.5s").value(), 500ms);
  EXPECT_EQ(parse_duration("90d").value(), 90 * 24h);
  for (const char* bad : {"", "5", "s", "5y", "-1s", "1s2"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Text, FormatsForPeople) {
  using namespace std::chrono_literals;
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size((1ULL << 30) - 1), "1.0 GiB");
  EXPECT_EQ(format_duration(1240ms), "1.24 s");
  EXPECT_EQ(format_duration(185s), "3m 05s");
  EXPECT_EQ(format_duration(3725s), "1h 02m 05s");
  EXPECT_EQ(format_duration(412us), "412 us");
}

TEST(Text, SuggestsNearWordsOnly) {
  EXPECT_EQ(closest("memroy", {"memory", "wall"}), "memory");
  EXPECT_EQ(closest("zzz", {"memory", "wall"}), std::nullopt);
}

TEST(Text, ReadsWholeNumbersOnly) {
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615ULL);
  EXPECT_EQ(parse_u64("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_u64("1 "), std::nullopt);
  EXPECT_EQ(parse_i64("-3"), -3);
  EXPECT_EQ(parse_double("1e3"), 1000.0);
}

}  // namespace
}  // namespace rh
