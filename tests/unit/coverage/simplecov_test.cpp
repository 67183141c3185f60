#include "collectors/coverage/ruby_keys.h"
#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageReadOptions options() {
  CoverageReadOptions options{".resultset.json"};
  options.source = [](std::string_view path) {
    return path == "/r/a.rb" ? std::optional<std::string>("a\nb\n  # :nocov:\nc\n # :nocov: x\nd\n") : std::nullopt;
  };
  return options;
}

TEST(SimpleCov, CommandsAreAddedUp) {
  constexpr std::string_view kText =
      R"({"RSpec": {"coverage": {"/r/a.rb": {"lines": [null, 1, 0, 0, null, 2], "branches":
      {"[:if, 0, 2, 4, 2, 9]": {"[:then, 1, 2, 6, 2, 7]": 1, "[:else, 2, 2, 8, 2, 9]": 0},
       "[:\"&.\", 9, 4, 1, 4, 2]": {"[:then, 1, 4, 1, 4, 2]": 1}},
      "methods": {"[Foo, :bar, 2, 2, 3, 5]": 4}}}, "timestamp": 1},
    "Minitest": {"coverage": {"/r/a.rb": {"lines": [null, 4, 0, 0, null, 0], "branches":
      {"[:if, 7, 2, 4, 2, 9]": {"[:then, 8, 2, 6, 2, 7]": 0, "[:else, 9, 2, 8, 2, 9]": 5}}}}, "timestamp": 1.5}})";
  EXPECT_TRUE(sniff_simplecov(kText));
  const CoverageData data = must(read_simplecov(kText, options()));
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{2, 5}, {6, 2}})) << "lines 3 to 5 are left out by comments";
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{2, 0, "else 2:8", 5}, {2, 0, "then 2:6", 1}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"Foo#bar", 2, 4}}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(SimpleCov, OldFormAndFormattersFile) {
  const CoverageData old =
      must(read_simplecov(R"({"RSpec": {"coverage": {"a.rb": [null, 1, 1, 0]}, "timestamp": 1}})", {"x"}));
  EXPECT_EQ(old.files.at(0).lines, (std::vector<LineHits>{{2, 1}, {3, 1}, {4, 0}}));
  constexpr std::string_view kText =
      R"({"meta": {"simplecov_version": "0.22.0", "branch_coverage": true}, "coverage": {"a.rb":
      {"lines": [1, "ignored", null, 0], "branches": [{"type": "then", "start_line": 5, "end_line": 5, "coverage": 2,
       "report_line": 4}, {"type": "else", "start_line": 7, "coverage": "ignored"}]}}, "groups": {"g": {"files": []}}})";
  EXPECT_TRUE(sniff_simplecov(kText));
  const CoverageData data = must(read_simplecov(kText, {"x"}));
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{1, 1}, {4, 0}}));
  EXPECT_EQ(data.files.at(0).branches, (std::vector<BranchHits>{{4, 0, "then", 2}}));
}

TEST(SimpleCov, DamageIsSaid) {
  const CoverageData data = must(read_simplecov(
      R"({"RSpec": {"coverage": {"a.rb": {"lines": [1, "x"], "branches": {"odd": {"[:then, 1, 2, 3, 4, 5]": 1}}, "meth)",
      {"x"}));
  EXPECT_TRUE(has_code(data, "simplecov-record"));
  EXPECT_TRUE(has_code(data, "simplecov-truncated"));
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{1, 1}}));
  EXPECT_FALSE(read_simplecov(R"({"a": {"b": 1}})", {"x"}));
}

TEST(RubyKeys, KindsAndPlaces) {
  const auto branch = read_ruby_key(R"([:"&.", 13, 26, 16, 27, 23])");
  ASSERT_TRUE(branch);
  EXPECT_EQ(branch->name, "&.");
  EXPECT_EQ(branch->start_line, 26U);
  EXPECT_EQ(branch->end_column, 23U);
  const auto method = read_ruby_key(R"(["#<Class:Foo::Bar, x>", :b?, 7, 2, 15, 5])");
  ASSERT_TRUE(method);
  EXPECT_EQ(method->owner, "#<Class:Foo::Bar, x>");
  EXPECT_EQ(method->name, "b?");
  for (const std::string_view bad :
       {"", "[]", "[:then]", "[:then, 1, 2, 3]", "[:a, 1, 0, 1, 1, 1]", "x", "[1, 2, 3, 4]"})
    EXPECT_FALSE(read_ruby_key(bad)) << bad;
}

TEST(Sonar, LinesAndBranches) {
  constexpr std::string_view kText =
      R"(<coverage version="1"><file path="src\a.c"><lineToCover lineNumber="3" covered="true"
      branchesToCover="2" coveredBranches="1"/><lineToCover lineNumber="4" covered="false"/><lineToCover lineNumber="5"/>
      </file></coverage>)";
  EXPECT_TRUE(sniff_sonar(kText));
  const CoverageData data = must(read_sonar(kText, {"x"}));
  EXPECT_EQ(data.files.at(0).path, "src/a.c");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{3, 1}, {4, 0}}));
  EXPECT_EQ(data.files[0].branches, (std::vector<BranchHits>{{3, 0, "0", 1}, {3, 0, "1", 0}}));
  EXPECT_TRUE(has_code(data, "sonar-line"));
}

TEST(Xccov, ArchiveHasLinesAndReportHasNone) {
  constexpr std::string_view kArchive =
      R"({"/r/A.swift": [{"line": 1, "isExecutable": false}, {"line": 2, "isExecutable": true,
      "executionCount": 3, "subranges": [{"column": 1, "length": 0, "executionCount": 3}]}, {"line": 3,
      "isExecutable": true, "executionCount": 0}]})";
  EXPECT_TRUE(sniff_xccov(kArchive));
  EXPECT_EQ(must(read_xccov(kArchive, {"x"})).files.at(0).lines, (std::vector<LineHits>{{2, 3}, {3, 0}}));
  constexpr std::string_view kReport =
      R"x({"coveredLines": 2, "lineCoverage": 0.5, "executableLines": 4, "targets": [{"files":
      [{"path": "/r/A.swift", "coveredLines": 2, "executableLines": 4, "functions": [{"name": "f()",
                             "lineNumber" : 4, "executionCount" : 7, "coveredLines" : 2, "executableLines" : 2
}]
}], "name": "App"
}]
})x";
  EXPECT_TRUE(sniff_xccov(kReport));
  const CoverageData data = must(read_xccov(kReport, {"x"}));
  EXPECT_EQ(data.files.at(0).functions, (std::vector<FunctionHits>{{"f()", 4, 7}}));
  EXPECT_EQ(data.declared->lines, (Ratio{4, 2}));
  EXPECT_EQ(totals_of(data.files).lines, std::nullopt);
  EXPECT_TRUE(has_code(data, "xccov-no-lines"));
}

}  // namespace
}  // namespace rh::collectors
