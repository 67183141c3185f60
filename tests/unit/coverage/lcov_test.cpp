#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData read(std::string_view text) { return must(read_lcov(text, {"cov.info"})); }

TEST(Lcov, RecordsOfVersionOne) {
  const CoverageData data = read(
      "TN:unit\nSF:/src/a.c\nFN:3,main\nFN:9,helper\nFNDA:2,main\nFNDA:0,helper\nFNF:2\nFNH:1\n"
      "BRDA:4,0,0,2\nBRDA:4,0,1,-\nBRF:2\nBRH:1\nDA:3,2\nDA:4,2,Cf1a+/x==\nDA:9,0\nLF:3\nLH:2\nend_of_record\n");
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "/src/a.c");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{3, 2}, {4, 2}, {9, 0}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{4, 0, "0", 2}, {4, 0, "1", std::nullopt}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"helper", 9, 0}, {"main", 3, 2}}));
  EXPECT_TRUE(data.diagnostics.empty());
  EXPECT_EQ(data.basis, "lines");
}

TEST(Lcov, FunctionsOfVersionTwo) {
  const CoverageData data = read(
      "SF:a\nFN:1,8,with_end\nFNDA:4,with_end\nFNL:0,10,12\nFNL:1,20\nFNA:0,3,std::map<int, long>::at\nFNA:0,5,alias\n"
      "FNA:1,0,cold\nend_of_record\n");
  EXPECT_EQ(data.files[0].functions,
            (std::vector<FunctionHits>{
                {"alias", 10, 5}, {"cold", 20, 0}, {"std::map<int, long>::at", 10, 3}, {"with_end", 1, 4}}));
}

TEST(Lcov, FunctionNamesWithCommasAndRepeatedNames) {
  const CoverageData data = read(
      "SF:a\nFN:1,f<int, 3>(a, b)\nFNDA:1,f<int, 3>(a, "
      "b)\nFN:2,constructor\nFN:7,constructor\nFNDA:5,constructor\nFNDA:0,constructor\n"
      "FNDA:9,undeclared\nend_of_record\n");
  EXPECT_EQ(data.files[0].functions,
            (std::vector<FunctionHits>{
                {"constructor", 2, 5}, {"constructor", 7, 0}, {"f<int, 3>(a, b)", 1, 1}, {"undeclared", 0, 9}}));
}

TEST(Lcov, BranchFlagsAndTextBranches) {
  const CoverageData data = read(
      "SF:a\nBRDA:1,e0,0,1\nBRDA:1,f0,1,0\nBRDA:2,U0,0,0\nBRDA:2,0,a, b < c,7\nBRDA:3,0,jump to line "
      "4,-\nend_of_record\n");
  EXPECT_EQ(data.files[0].branches,
            (std::vector<BranchHits>{
                {1, 0, "0", 1}, {1, 0, "1", 0}, {2, 0, "a, b < c", 7}, {3, 0, "jump to line 4", std::nullopt}}));
}

TEST(Lcov, NeverEvaluatedDiffersFromZero) {
  const CoverageData data = read("SF:a\nBRDA:1,0,0,-\nBRDA:1,0,0,-\nBRDA:1,0,1,-\nBRDA:1,0,1,0\nend_of_record\n");
  EXPECT_EQ(data.files[0].branches, (std::vector<BranchHits>{{1, 0, "0", std::nullopt}, {1, 0, "1", 0}}));
}

TEST(Lcov, ImpossibleCountsAreClampedAndReported) {
  const CoverageData data =
      read("SF:a\nDA:1,-4\nDA:2,99999999999999999999999\nDA:3,1e3\nDA:4,18446744073709551615\nDA:4,2\nend_of_record\n");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 0}, {2, UINT64_MAX}, {3, 1000}, {4, UINT64_MAX}}));
  ASSERT_EQ(data.diagnostics.size(), 2U);
  EXPECT_EQ(data.diagnostics[0].code, "lcov-count");
  EXPECT_EQ(data.diagnostics[0].subject, "cov.info:2");
}

TEST(Lcov, SameFileAgainIsMerged) {
  const CoverageData data =
      read("SF:a\nDA:1,1\nDA:2,0\nend_of_record\nSF:b\nDA:1,0\nend_of_record\nSF:a\nDA:2,3\nDA:3,0\nend_of_record\n");
  ASSERT_EQ(data.files.size(), 2U);
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}, {2, 3}, {3, 0}}));
}

TEST(Lcov, CarriageReturnsBackslashesAndByteOrderMark) {
  const CoverageData data = read("\xEF\xBB\xBFTN:\r\nSF:src\\lib\\a.js\r\nDA:1,1\r\nend_of_record\r\n");
  EXPECT_EQ(data.files[0].path, "src/lib/a.js");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(Lcov, WrongSummaryIsIgnored) {
  const CoverageData data = read("SF:a\nDA:1,1\nLF:100\nLH:100\nend_of_record\n");
  EXPECT_EQ(totals_of(data.files).lines, (Ratio{1, 1}));
}

TEST(Lcov, CutFileKeepsWhatWasRead) {
  const CoverageData data = read("SF:a\nDA:1,1\nend_of_record\nSF:b\nDA:1,1\nDA:2,");
  ASSERT_EQ(data.files.size(), 2U);
  EXPECT_EQ(data.files[1].lines, (std::vector<LineHits>{{1, 1}}));
  EXPECT_TRUE(has_code(data, "lcov-truncated"));
}

TEST(Lcov, MissingEndOfRecordBetweenFiles) {
  const CoverageData data = read("SF:a\nDA:1,1\nSF:b\nDA:1,0\nend_of_record\n");
  EXPECT_EQ(data.files.size(), 2U);
  EXPECT_TRUE(has_code(data, "lcov-truncated"));
}

TEST(Lcov, GarbageIsReportedWithItsLine) {
  const CoverageData data = read("SF:a\nDA:1,1\n<<<<<<< HEAD\nDA:x,1\nDA:0,1\nend_of_record\n");
  ASSERT_EQ(data.diagnostics.size(), 3U);
  EXPECT_EQ(data.diagnostics[0].subject, "cov.info:3");
  EXPECT_EQ(data.diagnostics[2].subject, "cov.info:5");
}

TEST(Lcov, ManyDamagedLinesLeaveABoundedReport) {
  std::string text = "SF:a\n";
  for (int i = 0; i < 5000; ++i) text += "garbage\n";
  const CoverageData data = read(text + "end_of_record\n");
  EXPECT_LT(data.diagnostics.size(), 30U);
  EXPECT_TRUE(has_code(data, "coverage-more-damage"));
}

TEST(Lcov, NoSourceAtAll) {
  const auto malformed = read_lcov("hello\nworld\n", {"x.info"});
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().kind, ErrorKind::parse);
  EXPECT_NE(malformed.error().message().find("malformed at line 1"), std::string::npos);
  EXPECT_NE(malformed.error().message().find("x.info"), std::string::npos);
  EXPECT_TRUE(has_code(read(""), "coverage-empty"));
  EXPECT_TRUE(has_code(read("TN:\n"), "coverage-empty"));
}

TEST(Lcov, ConditionCoverageRecordsArePassedOver) {
  const CoverageData data = read("SF:a\nVER:1\nMCDC:4,2,t,1,0,a && b\nMCF:2\nMCH:1\nDA:4,1\nend_of_record\n");
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(Lcov, Sniff) {
  EXPECT_TRUE(sniff_lcov("TN:\nSF:a\n"));
  EXPECT_TRUE(sniff_lcov("\nSF:a"));
  EXPECT_FALSE(sniff_lcov("mode: set\n"));
  EXPECT_FALSE(sniff_lcov("{\"SF:\": 1}"));
  EXPECT_FALSE(sniff_lcov(""));
}

TEST(Lcov, KeepsTheProducersTotalsWhereEveryRecordHasThem) {
  const auto whole =
      read_lcov("SF:a\nDA:1,1\nLF:3\nLH:2\nend_of_record\nSF:b\nDA:1,0\nLF:1\nLH:0\nend_of_record\n", {"x"});
  ASSERT_TRUE(whole && whole->declared);
  EXPECT_EQ(whole->declared->lines, (model::Ratio{4, 2}));
  EXPECT_FALSE(whole->declared->functions);
  const auto functions = read_lcov("SF:a\nFN:1,x\nFN:1,y\nFNF:1\nFNH:1\nLF:1\nLH:1\nend_of_record\n", {"x"});
  ASSERT_TRUE(functions && functions->declared);
  EXPECT_EQ(functions->declared->functions, (model::Ratio{1, 1}));
  const auto partial = read_lcov("SF:a\nDA:1,1\nLF:3\nLH:2\nend_of_record\nSF:b\nDA:1,0\nend_of_record\n", {"x"});
  ASSERT_TRUE(partial);
  EXPECT_FALSE(partial->declared);
  const auto repeated = read_lcov("SF:a\nLF:1\nLH:1\nend_of_record\nSF:a\nLF:1\nLH:1\nend_of_record\n", {"x"});
  ASSERT_TRUE(repeated);
  EXPECT_FALSE(repeated->declared) << "a file with two records is one file";
}

}  // namespace
}  // namespace rh::collectors
