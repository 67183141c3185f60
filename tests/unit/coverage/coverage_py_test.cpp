#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData read(std::string_view text) { return must(read_coverage_py_json(text, {"coverage.json"})); }

constexpr std::string_view kReport = R"({
  "meta": {"format": 3, "version": "7.17.3", "branch_coverage": true},
  "files": {"pkg/m.py": {
    "executed_lines": [1, 2, 4], "missing_lines": [3, 9], "excluded_lines": [15],
    "contexts": {"1": [""], "2": ["t.py::b|run", "t.py::a|run"], "4": ["t.py::b|run"], "3": []},
    "executed_branches": [[2, 4]], "missing_branches": [[2, 3], [9, -8]],
    "functions": {"": {"executed_lines": [1], "missing_lines": []},
                  "f": {"executed_lines": [2, 4], "missing_lines": [3], "start_line": 1},
                  "g": {"executed_lines": [], "missing_lines": [9], "start_line": 8},
                  "A.m": {"executed_lines": [], "missing_lines": [], "start_line": 14}},
    "classes": {"A": {}}}},
  "totals": {"covered_lines": 3, "num_statements": 5, "num_branches": 3, "covered_branches": 1}})";

TEST(CoveragePy, LinesBranchesFunctionsTotals) {
  const CoverageData data = read(kReport);
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "pkg/m.py");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 0}, {4, 1}, {9, 0}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{2, 0, "3", 0}, {2, 0, "4", 1}, {9, 0, "-8", std::nullopt}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"f", 1, 1}, {"g", 8, 0}}));
  EXPECT_EQ(data.basis, "lines+branches");
  ASSERT_TRUE(data.declared);
  EXPECT_EQ(data.declared->lines, (Ratio{5, 3}));
  EXPECT_EQ(data.declared->branches, (Ratio{3, 1}));
  EXPECT_EQ(totals_of(data.files).branches, (Ratio{3, 1}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(CoveragePy, WithoutBranchesTheBasisIsLines) {
  const CoverageData data = read(
      R"({"meta":{"branch_coverage":false},"files":{"a.py":{"executed_lines":[1],"missing_lines":[]},"b.py":{"executed_lines":[],"missing_lines":[]}}})");
  EXPECT_EQ(data.basis, "lines");
  EXPECT_EQ(data.files.size(), 2U);
  EXPECT_FALSE(data.declared);
  EXPECT_FALSE(totals_of(data.files).branches);
}

TEST(CoveragePy, WrongTotalsAndOddEntriesAreReported) {
  const CoverageData data = read(
      R"({"files":{"a.py":{"executed_lines":[1,-2,"x",99999999999],"missing_lines":7,"executed_branches":[[1],[1,2]]}},
          "totals":{"covered_lines":5,"num_statements":9}})");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}}));
  EXPECT_EQ(data.files[0].branches.size(), 1U);
  EXPECT_TRUE(has_code(data, "coverage-py-record"));
  EXPECT_TRUE(has_code(data, "coverage-totals"));
}

TEST(CoveragePy, ContextsTellWhoTestsWhat) {
  const CoverageData data = read(kReport);
  ASSERT_TRUE(data.contexts);
  EXPECT_EQ(data.contexts->tests, (std::vector<model::TestId>{{"t.py::a|run"}, {"t.py::b|run"}}));
  ASSERT_EQ(data.contexts->files.size(), 1U);
  EXPECT_EQ(data.contexts->files[0].path, "pkg/m.py");
  EXPECT_EQ(data.contexts->files[0].tests, (std::vector<model::ReachedLines>{{0, {{2, 2}}}, {1, {{2, 2}, {4, 4}}}}));
}

TEST(CoveragePy, CutJsonKeepsWhatPrecedesAndSaysWhere) {
  const std::string whole =
      R"({"files":{"a.py":{"executed_lines":[1,2],"missing_lines":[3]},"b.py":{"executed_lines":[1]}}})";
  const CoverageData cut = read(std::string_view(whole).substr(0, whole.size() - 6));
  ASSERT_EQ(cut.files.size(), 2U);
  EXPECT_EQ(cut.files[0].lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 0}}));
  EXPECT_TRUE(has_code(cut, "coverage-py-truncated"));
  EXPECT_NE(cut.diagnostics.front().message.find("line 1, column"), std::string::npos);
}

TEST(CoveragePy, WhatIsNoReportIsAnError) {
  const auto list = read_coverage_py_json("[]", {"x"});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().kind, ErrorKind::parse);
  EXPECT_FALSE(read_coverage_py_json("", {"x"}));
  EXPECT_FALSE(read_coverage_py_json(R"({"files": []})", {"x"}));
}

TEST(CoveragePy, DeepNestingIsHarmless) {
  const std::string deep = R"({"files":{"a":)" + std::string(200'000, '[');
  EXPECT_TRUE(has_code(read(deep), "coverage-py-truncated"));
}

TEST(CoveragePy, Sniff) {
  EXPECT_TRUE(sniff_coverage_py_json(kReport.substr(0, 120)));
  EXPECT_FALSE(sniff_coverage_py_json(R"({"version": 1})"));
}

}  // namespace
}  // namespace rh::collectors
