// OpenCover, Visual Studio, coverlet: the formats of .NET.
#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

using model::BlockHits;

TEST(OpenCover, PointsAreStatementsAndTheirLines) {
  const CoverageData data = must(read_opencover(R"(<?xml version="1.0" encoding="utf-8"?><CoverageSession>
    <Summary numSequencePoints="3" visitedSequencePoints="2" numBranchPoints="4" visitedBranchPoints="2"/><Modules>
    <Module skippedDueTo="Filter"><ModulePath>x</ModulePath><Classes/></Module><Module><Summary numSequencePoints="9"/>
    <Files><File uid="1" fullPath="C:\s\A.cs"/></Files><Classes><Class><FullName>A</FullName><Methods>
    <Method visited="true"><Name>System.Void A::f(System.Int32)</Name><FileRef uid="1"/><SequencePoints>
    <SequencePoint vc="4" offset="0" sl="7" sc="9" el="8" ec="31" fileid="1"/>
    <SequencePoint vc="0" offset="7" sl="8" sc="9" el="8" ec="10"/>
    <SequencePoint vc="1" offset="9" sl="16707566" sc="0" el="16707566" ec="0" fileid="1"/></SequencePoints><BranchPoints>
    <BranchPoint vc="4" path="0" offset="3" sl="7" fileid="1"/><BranchPoint vc="0" path="1" offset="3" sl="7" fileid="1"/>
    <BranchPoint vc="1" path="0" offset="8"/></BranchPoints></Method></Methods></Class></Classes></Module></Modules>
    </CoverageSession>)",
                                                {"opencover.xml"}));
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "C:/s/A.cs");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{7, 4}, {8, 4}}));
  EXPECT_EQ(file.blocks, (std::vector<BlockHits>{{7, 9, 8, 31, 1, 4}, {8, 9, 8, 10, 1, 0}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{7, 0, "0", 4}, {7, 0, "1", 0}, {8, 0, "0", 1}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"System.Void A::f(System.Int32)", 7, 4}}));
  EXPECT_EQ(data.declared->statements, (Ratio{3, 2}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(OpenCover, ClaimsAndUnknownFilesAreSkipped) {
  const CoverageData data =
      must(read_opencover(R"(<CoverageSession><Modules><Module><Files><File uid="1" fullPath="a.cs"/>
    <File fullPath="b.cs"/></Files><Method><SequencePoint vc="1" sl="1" el="9999999" fileid="1"/>
    <SequencePoint vc="1" sl="1" el="1" fileid="7"/><SequencePoint vc="1" sl="2" fileid="1"/></Method>)",
                          {"x"}));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{2, 1}}));
  EXPECT_TRUE(has_code(data, "opencover-sequence point"));
  EXPECT_TRUE(has_code(data, "opencover-truncated"));
}

std::string utf16(std::string_view ascii) {
  std::string text = "\xFF\xFE";
  for (const char c : ascii) text += c, text += '\0';
  return text;
}

constexpr std::string_view kDataSet =
    R"(<CoverageDSPriv><xs:schema id="x"/><Module><ModuleName>a.dll</ModuleName><NamespaceTable>
  <Class><ClassName>A</ClassName><Method><MethodName>f()</MethodName><LinesCovered>1</LinesCovered>
  <Lines><LnStart>7</LnStart><ColStart>9</ColStart><LnEnd>8</LnEnd><ColEnd>1</ColEnd><Coverage>0</Coverage><SourceFileID>1</SourceFileID></Lines>
  <Lines><LnStart>9</LnStart><LnEnd>9</LnEnd><Coverage>1</Coverage><SourceFileID>1</SourceFileID></Lines>
  <Lines><LnStart>10</LnStart><LnEnd>10</LnEnd><Coverage>2</Coverage><SourceFileID>1</SourceFileID></Lines>
  <Lines><LnStart>11</LnStart><LnEnd>11</LnEnd><Coverage>7</Coverage><SourceFileID>1</SourceFileID></Lines>
  </Method></Class></NamespaceTable></Module><SourceFileNames><SourceFileID>1</SourceFileID>
  <SourceFileName>C:\s\A.cs</SourceFileName></SourceFileNames></CoverageDSPriv>)";

TEST(VisualStudio, DataSetInUtf16) {
  for (const std::string& text : {utf16(kDataSet), std::string(kDataSet)}) {
    EXPECT_TRUE(sniff_visual_studio(text));
    const CoverageData data = must(read_visual_studio(text, {"a.coveragexml"}));
    ASSERT_EQ(data.files.size(), 1U);
    EXPECT_EQ(data.files[0].path, "C:/s/A.cs");
    EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{7, 1}, {8, 1}, {9, 1}, {10, 0}}));
    EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"A.f()", 7, 1}}));
    EXPECT_TRUE(has_code(data, "visual-studio-range"));
  }
}

TEST(VisualStudio, SourcesOfResultsAreNumberedByModule) {
  constexpr std::string_view kModule = R"x(<module name="m"><functions><function name="f()" type_name="A"><ranges>
    <range source_id="0" start_line="1" end_line="2" start_column="1" end_column="2" covered="partial"/>
    <range source_id="0" start_line="3" end_line="3" covered="no"/><range source_id="9" start_line="3" end_line="3" covered="no"/>
    </ranges></function></functions><source_files><source_file id="0" path="PATH"/></source_files></module>)x";
  std::string text = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><results><modules>";
  for (const std::string_view path : {"a.cs", "b.cs"}) {
    std::string module(kModule);
    module.replace(module.find("PATH"), 4, path);
    text += module;
  }
  const CoverageData data = must(read_visual_studio(text + "</modules></results>", {"x"}));
  ASSERT_EQ(data.files.size(), 2U);
  EXPECT_EQ(data.files[1].path, "b.cs");
  EXPECT_EQ(data.files[1].lines, (std::vector<LineHits>{{1, 1}, {2, 1}, {3, 0}}));
  EXPECT_EQ(data.files[1].functions, (std::vector<FunctionHits>{{"A.f()", 1, 1}}));
  EXPECT_TRUE(has_code(data, "visual-studio-source"));
}

TEST(Coverlet, LinesAndBranchesOfMethods) {
  constexpr std::string_view kText = R"x({"a.dll": {"C:\\s\\A.cs": {"N.A": {"System.Void N.A::f()" : {
    "Lines" : {"10" : 3, "9" : 0},
    "Branches" : [
      {"Line" : 10, "Offset" : 5, "EndOffset" : 9, "Path" : 0, "Ordinal" : 0, "Hits" : 3},
      {"Line" : 10, "Offset" : 5, "EndOffset" : 12, "Path" : 1, "Ordinal" : 1, "Hits" : 0}
    ]
  }
},
    "N.A/<>c" : {
  "lambda" : { "Lines" : {"10" : 1}, "Branches" : [] }
}
}
}
, "b.dll" : {
  "C:\\s\\A.cs" : {
    "N.A" : {
      "System.Void N.A::f()" : { "Lines" : {"10" : 2, "x" : 1}, "Branches" : [] }
    }
  }
}
})x";
  EXPECT_TRUE(sniff_coverlet(kText));
  const CoverageData data = must(read_coverlet(kText, {"coverage.json"}));
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "C:/s/A.cs");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{9, 0}, {10, 5}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{{10, 0, "0", 3}, {10, 0, "1", 0}}));
  EXPECT_EQ(totals_of(data.files).functions, (Ratio{3, 3}));
  EXPECT_TRUE(has_code(data, "coverlet-record"));
  EXPECT_FALSE(read_coverlet(R"({"a": {"b": {}}})", {"x"}));
}

}  // namespace
}  // namespace rh::collectors
