#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData read(std::string_view text) { return must(read_go_cover(text, {"c.out"})); }

TEST(GoCover, StatementsWeighAndLinesAreDerived) {
  const CoverageData data = read(
      "mode: set\nexample.com/m/a.go:3.20,5.2 2 1\nexample.com/m/a.go:5.2,7.3 1 0\nexample.com/m/a.go:9.13,9.15 0 0\n");
  EXPECT_EQ(data.basis, "statements");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "example.com/m/a.go");
  EXPECT_EQ(totals_of(data.files).statements, (Ratio{3, 2}));
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{3, 1}, {4, 1}, {5, 1}, {6, 0}, {7, 0}}));
}

TEST(GoCover, EndColumnIsExclusive) {
  const CoverageData data = read("mode: count\na.go:1.5,3.1 1 4\n");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 4}, {2, 4}}));
}

TEST(GoCover, RepeatedBlocksJoinByMode) {
  const std::string blocks = "a.go:1.1,2.2 3 1\na.go:1.1,2.2 3 2\na.go:1.1,2.2 3 0\n";
  EXPECT_EQ(read("mode: set\n" + blocks).files[0].blocks[0].hits, 2U);
  EXPECT_EQ(read("mode: count\n" + blocks).files[0].blocks[0].hits, 3U);
  EXPECT_EQ(read("mode: atomic\n" + blocks).files[0].blocks.size(), 1U);
  EXPECT_EQ(totals_of(read("mode: set\n" + blocks).files).statements, (Ratio{3, 3}));
}

TEST(GoCover, OverlappingBlocksTakeTheLargestCountOfALine) {
  const CoverageData data =
      read("mode: count\na.go:1.1,10.2 4 1\na.go:3.1,4.9 1 7\na.go:6.1,6.9 1 0\na.go:20.1,20.5 1 0\n");
  const auto& lines = data.files[0].lines;
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines.capacity(), 11U);  // counted before they are made
  EXPECT_EQ(lines[2], (LineHits{3, 7}));
  EXPECT_EQ(lines[4], (LineHits{5, 1}));
  EXPECT_EQ(lines[5], (LineHits{6, 1}));
  EXPECT_EQ(lines[10], (LineHits{20, 0}));
}

TEST(GoCover, PathsWithBlanksAndColons) {
  EXPECT_EQ(read("mode: set\r\nC:/my code/a.go:1.1,2.2 1 1\r\n").files[0].path, "C:/my code/a.go");
}

TEST(GoCover, ConcatenatedProfilesOfOneModeOnly) {
  EXPECT_EQ(read("mode: set\na.go:1.1,2.2 1 1\nmode: set\nb.go:1.1,2.2 1 1\n").files.size(), 2U);
  const auto mixed = read_go_cover("mode: set\na.go:1.1,2.2 1 1\nmode: count\n", {"c.out"});
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message().find("line 3"), std::string::npos);
}

TEST(GoCover, NotAProfile) {
  EXPECT_FALSE(read_go_cover("a.go:1.1,2.2 1 1\n", {"c.out"}));
  EXPECT_FALSE(read_go_cover("mode: maybe\n", {"c.out"}));
  EXPECT_TRUE(has_code(read("mode: set\n"), "coverage-empty"));
}

TEST(GoCover, DamagedBlocksAreReported) {
  const CoverageData data = read("mode: set\na.go:1.1,2.2 1 1\na.go:3.1,4\nnonsense\na.go:9.1,8.1 1 1\n");
  EXPECT_EQ(data.diagnostics.size(), 3U);
  EXPECT_EQ(data.diagnostics[0].subject, "c.out:3");
}

TEST(GoCover, ClaimOfBillionsOfLinesIsRefused) {
  const auto huge = read_go_cover("mode: set\na.go:1.1,4000000000.2 1 1\n", {"c.out"});
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().kind, ErrorKind::limit);
}

TEST(GoCover, Sniff) {
  EXPECT_TRUE(sniff_go_cover("mode: atomic\nx"));
  EXPECT_TRUE(sniff_go_cover("mode: set\r\n"));
  EXPECT_FALSE(sniff_go_cover("mode: dark\n"));
  EXPECT_FALSE(sniff_go_cover(""));
}

}  // namespace
}  // namespace rh::collectors
