#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData read(std::string_view text) { return must(read_clover(text, {"clover.xml"})); }

TEST(Clover, ConditionsOfCloverAreTwoBranches) {
  const CoverageData data = read(R"(<?xml version="1.0"?><coverage generated="1" clover="4.3.1"><project timestamp="1">
      <metrics statements="3" coveredstatements="2" conditionals="4" coveredconditionals="1" methods="1" coveredmethods="1"/>
      <package name="p"><metrics statements="99" coveredstatements="0"/><file path="C:\r\A.java" name="A.java"><class name="A"/>
      <line num="4" count="7" type="method" signature="f() : void"/><line num="5" count="7" type="stmt"/>
      <line num="6" count="6" type="stmt"/><line num="6" type="cond" truecount="0" falsecount="6"/>
      <line num="8" type="cond" truecount="0" falsecount="0"/></file></package></project></coverage>)");
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "C:/r/A.java");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{5, 7}, {6, 6}, {8, 0}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"f() : void", 4, 7}}));
  EXPECT_EQ(file.branches,
            (std::vector<BranchHits>{
                {6, 0, "false", 6}, {6, 0, "true", 0}, {8, 0, "false", std::nullopt}, {8, 0, "true", std::nullopt}}));
  EXPECT_EQ(data.declared->statements, (Ratio{3, 2}));
  EXPECT_EQ(data.declared->branches, (Ratio{4, 1}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(Clover, ConditionsOfIstanbulCountBranches) {
  const CoverageData data = read(R"(<coverage generated="1" clover="3.2.0"><project timestamp="1" name="All files">
      <metrics statements="1" coveredstatements="1"><file name="a.ts" path="/r/a.ts">
      <line num="1" count="3" type="cond" truecount="2" falsecount="1"/></file></metrics></project></coverage>)");
  EXPECT_EQ(totals_of(data.files).branches, (Ratio{3, 2}));
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{1, 3}}));
}

TEST(Clover, FilesOfPhpUnitStandBelowTheProject) {
  const CoverageData data = read(R"(<coverage generated="1"><project timestamp="1"><file name="/r/A.php">
      <class name="X\A" namespace="global"><metrics methods="1"/></class><line num="4" type="method" name="f" crap="4" count="1"/>
      <line num="5" type="stmt" count="0"/><metrics statements="7"/></file>
      <metrics files="1" methods="1" coveredmethods="0" statements="1" coveredstatements="0"/></project></coverage>)");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "/r/A.php");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{5, 0}}));
  EXPECT_EQ(data.declared->statements, (Ratio{1, 0}));
}

TEST(Clover, OldNamesStandInTheirPackage) {
  const CoverageData data =
      read(R"(<coverage clover="1.3.13"><project><package name="hudson.plugins"><file name="A.java">
      <line num="1" type="stmt" count="1"/></file></package></project><testproject><file name="ATest.java">
      <line num="1" type="stmt" count="1"/></file></testproject></coverage>)");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "hudson/plugins/A.java");
  EXPECT_TRUE(has_code(data, "clover-tests"));
}

TEST(Clover, DamageIsSaid) {
  const CoverageData data = read(R"(<coverage clover="1"><project><line num="1" type="stmt" count="1"/><file name="a.c">
      <line num="x" type="stmt" count="1"/><line num="2" type="odd" count="1"/><line num="3" type="stmt" count="1"/>)");
  EXPECT_TRUE(has_code(data, "clover-line"));
  EXPECT_TRUE(has_code(data, "clover-truncated"));
  EXPECT_EQ(data.files.at(0).lines, (std::vector<LineHits>{{3, 1}}));
  EXPECT_FALSE(read_clover(R"(<coverage line-rate="1"/>)", {"x"}));
}

}  // namespace
}  // namespace rh::collectors
