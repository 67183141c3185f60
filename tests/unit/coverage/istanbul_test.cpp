#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

using model::BlockHits;

CoverageData read(std::string_view text) { return must(read_istanbul(text, {"coverage-final.json"})); }

TEST(Istanbul, LineIsTheStatementThatStartsOnItAndRanMost) {
  const CoverageData data = read(R"({"/r/a.js": {"path": "/r/a.js",
    "statementMap": {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 3, "column": 1}},
                     "1": {"start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 20}},
                     "2": {"start": {"line": 2, "column": 2}, "end": {"line": 2, "column": null}}},
    "fnMap": {"0": {"name": "f", "decl": {"start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 10}},
                    "loc": {"start": {"line": 1, "column": 13}, "end": {"line": 3, "column": 1}}, "line": 1}},
    "branchMap": {"0": {"loc": {"start": {"line": 2, "column": 2}, "end": {"line": 2, "column": 9}}, "type": "if",
                        "locations": [{"start": {"line": 2, "column": 2}, "end": {"line": 2, "column": 9}},
                                      {"start": {}, "end": {}}], "line": 2}},
    "s": {"0": 1, "1": 7, "2": 0}, "f": {"0": 7}, "b": {"0": [0, 7]}, "hash": "x"}})");
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "/r/a.js");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{1, 7}, {2, 0}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"f", 1, 7}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{2, 0, "0", 0}, {2, 0, "1", 7}}));
  EXPECT_EQ(file.blocks,
            (std::vector<BlockHits>{{1, 0, 3, 1, 1, 1}, {1, 9, 1, 20, 1, 7}, {2, 2, 2, UINT32_MAX, 1, 0}}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(Istanbul, FilesThatNobodyLoadedKeepTheirZeroes) {
  const CoverageData data = read(R"({"/r/a.js": {"path": "/r/a.js", "all": true, "statementMap":
    {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 5}}}, "s": {"0": 0}, "branchMap": {},
    "b": {}, "fnMap": {}, "f": {}}, "/r/empty.js": {"path": "/r/empty.js", "statementMap": {}, "fnMap": {},
    "branchMap": {}, "s": {}, "f": {}, "b": {}}})");
  ASSERT_EQ(data.files.size(), 2U);
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 0}}));
  EXPECT_TRUE(data.files[1].lines.empty());
}

TEST(Istanbul, OrderOfMembersAndKeysDoesNotMatter) {
  const CoverageData data = read(R"({"a.js": {"s": {"5": 2, "x": 3}, "f": {"1": 4}, "b": {}, "branchMap": {},
    "fnMap": {"1": {"name": "old", "line": 3, "loc": {"start": {"line": 4, "column": 0}, "end": {"line": 5, "column": 1}}}},
    "statementMap": {"x": {"start": {"line": 8, "column": 0}, "end": {"line": 8, "column": 1}},
                     "5": {"start": {"line": 9, "column": 0}, "end": {"line": 9, "column": 1}}}}})");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "a.js");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{8, 3}, {9, 2}}));
  EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"old", 4, 4}}));
}

TEST(Istanbul, StatementsAndFunctionsInOnePlaceCountEach) {
  const CoverageData data = read(R"({"a.js": {"statementMap":
    {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 5}},
     "1": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 5}}}, "s": {"0": 2, "1": 3},
    "fnMap": {"0": {"name": "get", "decl": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 3}}},
              "1": {"name": "get", "decl": {"start": {"line": 1, "column": 40}, "end": {"line": 1, "column": 43}}}},
    "f": {"0": 1, "1": 0}, "branchMap": {}, "b": {}}})");
  const model::CoverageTotals totals = totals_of(data.files);
  EXPECT_EQ(totals.statements, (Ratio{2, 2}));
  EXPECT_EQ(totals.functions, (Ratio{2, 1}));
  EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"get", 1, 1}, {"get (column 40)", 1, 0}}));
}

TEST(Istanbul, RecordsWithoutPlaceOrCountAreSaid) {
  const CoverageData data = read(R"({"a.js": {"statementMap": {"0": {"start": {"line": null}, "end": {}}},
    "s": {"0": 1, "1": 2, "2": -1}, "fnMap": {}, "f": {"0": 1}, "branchMap": {}, "b": {"0": [1]}}})");
  EXPECT_TRUE(has_code(data, "istanbul-record"));
  EXPECT_TRUE(data.files[0].lines.empty());
}

// Line 1 of the generated code is line 3 of src/a.ts, its second statement too; what has no mapping is not counted.
TEST(Istanbul, GeneratedCodeIsLedBackToItsSource) {
  const CoverageData data = read(R"({"/r/dist/a.js": {"path": "/r/dist/a.js", "statementMap":
    {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 4}},
     "1": {"start": {"line": 1, "column": 4}, "end": {"line": 1, "column": 8}},
     "2": {"start": {"line": 2, "column": 0}, "end": {"line": 2, "column": 8}}}, "s": {"0": 5, "1": 0, "2": 9},
    "fnMap": {}, "f": {}, "branchMap": {}, "b": {},
    "inputSourceMap": {"version": 3, "sourceRoot": "..", "sources": ["src/a.ts"], "names": [], "mappings": "AAEA,IAAK"}}})");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "/r/src/a.ts");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{3, 5}}));
  EXPECT_EQ(totals_of(data.files).statements, (Ratio{2, 1}));
}

TEST(Istanbul, CountsMayComeFirst) {
  EXPECT_TRUE(
      sniff_istanbul(R"({"contracts/A.sol": {"l": {"53": 29, "54": 0}, "path": "/r/contracts/A.sol", "s": {"1": 4)"));
  EXPECT_FALSE(sniff_istanbul(R"({"a": {"s": {"name": 1}}})"));
}

TEST(Istanbul, DamageKeepsWhatStandsBeforeIt) {
  const std::string whole = R"({"a.js": {"statementMap": {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1,
    "column": 5}}}, "s": {"0": 1}, "fnMap": {}, "f": {}, "branchMap": {}, "b": {}}, "b.js": {"statementMap": {"0": {)";
  const CoverageData data = read(whole);
  ASSERT_FALSE(data.files.empty());
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}}));
  EXPECT_TRUE(has_code(data, "istanbul-truncated"));
  const auto other = read_istanbul(R"({"a": 1})", {"other.json"});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().what.find("statementMap"), std::string::npos);
}

}  // namespace
}  // namespace rh::collectors
