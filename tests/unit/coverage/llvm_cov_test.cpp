#include "collectors/coverage/llvm_lines.h"
#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

using model::BlockHits;

std::vector<LineHits> lines(const std::vector<LlvmSegment>& segments) {
  std::vector<LineHits> lines;
  EXPECT_TRUE(llvm_lines(segments, [&](std::uint32_t line, std::uint64_t hits) { lines.push_back({line, hits}); }));
  return lines;
}

TEST(LlvmLines, RegionGoesOnUntilTheNextSegment) {
  EXPECT_EQ(lines({{1, 1, 5, true, true, false}, {4, 2, 0, false, false, false}}),
            (std::vector<LineHits>{{1, 5}, {2, 5}, {3, 5}, {4, 5}}));
}

TEST(LlvmLines, LineCountsAsOftenAsItsRegionThatRanMost) {
  EXPECT_EQ(lines({{1, 1, 2, true, true, false},
                   {2, 3, 0, true, true, false},
                   {2, 9, 7, true, true, false},
                   {2, 12, 2, true, false, false},
                   {3, 1, 0, false, false, false}}),
            (std::vector<LineHits>{{1, 2}, {2, 7}, {3, 2}}));
}

TEST(LlvmLines, GapsCountOnlyWhereNothingElseDoes) {
  EXPECT_EQ(lines({{1, 1, 1, true, true, false},
                   {1, 9, 9, true, true, true},
                   {3, 1, 4, true, true, false},
                   {4, 1, 0, false, false, false}}),
            (std::vector<LineHits>{{1, 1}, {2, 9}, {3, 9}, {4, 4}}));
}

TEST(LlvmLines, SkippedRegionIsNoCode) {
  EXPECT_EQ(lines({{1, 1, 1, true, true, false},
                   {3, 1, 0, false, true, false},
                   {5, 7, 1, true, false, false},
                   {6, 2, 0, false, false, false}}),
            (std::vector<LineHits>{{1, 1}, {2, 1}, {6, 1}}));
}

TEST(LlvmLines, ClaimsAreBounded) {
  EXPECT_FALSE(llvm_lines({{1, 1, 1, true, true, false}, {4'000'000'000U, 1, 0, false, false, false}},
                          [](std::uint32_t, std::uint64_t) {}));
}

constexpr std::string_view kExport = R"({"data": [{"files": [{"branches": [[2, 7, 2, 12, 3, 0, 0, 0, 4],
      [2, 7, 2, 12, 0, 1, 0, 0, 4], [3, 1, 3, 2, 0, 0, 0, 0, 4]], "expansions": [], "filename": "/r/a.rs",
    "segments": [[1, 1, 3, true, true, false], [4, 2, 0, false, false, false]], "summary": {"lines": {"count": 9}}}],
  "functions": [
    {"name": "_Zf2", "count": 1, "filenames": ["/r/a.rs"], "regions": [[1, 1, 4, 2, 1, 0, 0, 0]], "branches": []},
    {"name": "_Zf1", "count": 2, "filenames": ["/r/a.rs"], "regions": [[1, 1, 4, 2, 2, 0, 0, 0],
       [2, 1, 2, 9, 0, 0, 0, 3]], "branches": []},
    {"name": "_Zother", "count": 5, "filenames": ["/elsewhere.rs"], "regions": [[1, 1, 4, 2, 5, 0, 0, 0]]}],
  "totals": {"lines": {"count": 8, "covered": 7, "percent": 87.5}, "functions": {"count": 1, "covered": 1},
    "regions": {"count": 1, "covered": 1}, "instantiations": {"count": 2, "covered": 2}}}],
  "type": "llvm.coverage.json.export", "version": "2.0.1"})";

TEST(LlvmCov, InstancesOfAFunctionAreOne) {
  const CoverageData data = must(read_llvm_cov(kExport, {"cov.json"}));
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{1, 3}, {2, 3}, {3, 3}, {4, 3}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"_Zf1", 1, 3}}));
  EXPECT_EQ(file.regions, (std::vector<BlockHits>{{1, 1, 4, 2, 1, 3}}));
  EXPECT_EQ(file.branches,
            (std::vector<BranchHits>{
                {2, 0, "false", 1}, {2, 0, "true", 3}, {3, 0, "false", std::nullopt}, {3, 0, "true", std::nullopt}}));
  EXPECT_EQ(data.declared->lines, (Ratio{8, 7}));
  EXPECT_EQ(data.declared->functions, (Ratio{1, 1}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(LlvmCov, SummaryAloneHasNoLines) {
  const CoverageData data = must(read_llvm_cov(
      R"({"data": [{"files": [{"filename": "a.c", "summary": {}}], "totals": {"lines": {"count": 3, "covered": 1}}}]})",
      {"x"}));
  EXPECT_TRUE(has_code(data, "llvm-cov-summary"));
  EXPECT_EQ(data.declared->lines, (Ratio{3, 1}));
  EXPECT_EQ(totals_of(data.files).lines, std::nullopt);
}

TEST(LlvmCov, DamageIsSaid) {
  const CoverageData data = must(read_llvm_cov(
      R"({"data": [{"files": [{"filename": "a.c", "segments": [[1, 1, 18446744073709551615, true, true, false],
          [2, "x", 1, true, true, false], [3], [4, 1, 0, false, false, false]]}, {"filename": "b.c", "segme)",
      {"x"}));
  EXPECT_TRUE(has_code(data, "llvm-cov-record"));
  EXPECT_TRUE(has_code(data, "llvm-cov-truncated"));
  ASSERT_FALSE(data.files.empty());
  EXPECT_EQ(data.files[0].lines.front(), (LineHits{1, UINT64_MAX}));
  EXPECT_FALSE(read_llvm_cov(R"({"data": 1})", {"x"}));
}

}  // namespace
}  // namespace rh::collectors
