#include <fstream>

#include "runner/base/file.h"
#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData read(std::string_view text) { return must(read_cobertura(text, {"coverage.xml"})); }

std::string report(std::string_view sources, std::string_view classes) {
  return "<?xml version=\"1.0\"?>\n<coverage line-rate=\"0.5\" lines-valid=\"4\" lines-covered=\"2\"><sources>" +
         std::string(sources) + "</sources><packages><package name=\"p\"><classes>" + std::string(classes) +
         "</classes></package></packages></coverage>\n";
}

TEST(Cobertura, LinesBranchesMethods) {
  const CoverageData data = read(report(
      "<source>/repo/src</source>",
      R"x(<class name="A" filename="a.py"><methods><method name="f" signature="()V"><lines><line number="2" hits="5"/></lines></method>
         </methods><lines><line number="1" hits="1"/><line number="2" hits="5" branch="true" condition-coverage="50% (1/2)">
         <conditions><condition number="0" type="jump" coverage="50%"/></conditions></line>
         <line number="3" hits="0" branch="True" condition-coverage="0% (0/2)"/></lines></class>)x"));
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "/repo/src/a.py");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{1, 1}, {2, 5}, {3, 0}}));
  EXPECT_EQ(file.branches, (std::vector<BranchHits>{
                               {2, 0, "0", 1}, {2, 0, "1", 0}, {3, 0, "0", std::nullopt}, {3, 0, "1", std::nullopt}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"f", 2, 5}}));
  EXPECT_EQ(data.declared->lines, (Ratio{4, 2}));
  ASSERT_EQ(data.diagnostics.size(), 1U);
  EXPECT_EQ(data.diagnostics[0].code, "coverage-totals") << "it declares 4 lines and holds 3";
  EXPECT_EQ(data.diagnostics[0].severity, model::Severity::info);
}

TEST(Cobertura, ClassesOfOneFileAreJoinedAndRepeatedLinesCountOnce) {
  const CoverageData data = read(report("", R"x(
      <class name="A" filename="src\A.cs"><lines><line number="1" hits="0"/><line number="1" hits="2"/></lines></class>
      <class name="A/B" filename="src/A.cs"><lines><line number="1" hits="1"/><line number="7" hits="0"/></lines></class>)x"));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "src/A.cs");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 2}, {7, 0}}));
}

TEST(Cobertura, SourceThatHasTheFileIsTaken) {
  const TempDir dir = *TempDir::make("rh-cobertura");
  std::filesystem::create_directories(dir.path() / "two/pkg");
  std::ofstream(dir.path() / "two/pkg/a.py") << "x";
  const std::string sources =
      "<source>" + (dir.path() / "one").string() + "</source><source>" + (dir.path() / "two").string() + "/</source>";
  const CoverageData data =
      read(report(sources, R"x(<class filename="pkg/a.py"><lines><line number="1" hits="1"/></lines></class>
      <class filename="pkg/b.py"><lines><line number="1" hits="1"/></lines></class>)x"));
  ASSERT_EQ(data.files.size(), 2U);
  EXPECT_EQ(data.files[0].path, (dir.path() / "two/pkg/a.py").string());
  EXPECT_EQ(data.files[1].path, "pkg/b.py");
}

TEST(Cobertura, OddSourcesAndAbsoluteNames) {
  const std::string classes = R"x(<class filename="/abs/a.py"><lines><line number="1" hits="1"/></lines></class>)x";
  EXPECT_EQ(read(report("<source>/x</source>", classes)).files[0].path, "/abs/a.py");
  const std::string relative = R"x(<class filename="a&amp;b.py"><lines><line number="1" hits="1"/></lines></class>)x";
  EXPECT_EQ(read(report("<source>--source</source><source>.</source>", relative)).files[0].path, "a&b.py");
}

TEST(Cobertura, DoctypeWithInternalSubsetAndComments) {
  const CoverageData data = read(
      "<?xml version=\"1.0\"?><!DOCTYPE coverage [ <!ENTITY e \"]>\"> <!ELEMENT line EMPTY> ]><!-- <coverage> -->"
      "<c:coverage xmlns:c='u' line-rate='1'><class filename='a'><lines><line number='1' "
      "hits='3'/></lines></class></c:coverage>");
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 3}}));
  EXPECT_TRUE(data.diagnostics.empty());
}

TEST(Cobertura, OtherEncodings) {
  const std::string latin =
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><coverage line-rate=\"1\"><class filename=\"caf\xE9.py\"><lines>"
      "<line number=\"1\" hits=\"1\"/></lines></class></coverage>";
  EXPECT_EQ(read(latin).files[0].path, "caf\xC3\xA9.py");
  std::string utf16 = "\xFF\xFE";
  for (const char c : std::string("<coverage line-rate='1'><class filename='a'><lines><line number='1' "
                                  "hits='1'/></lines></class></coverage>")) {
    utf16 += c;
    utf16 += '\0';
  }
  EXPECT_EQ(read(utf16).files[0].path, "a");
  EXPECT_TRUE(sniff_cobertura(utf16));
}

TEST(Cobertura, CutReportKeepsWhatWasRead) {
  const std::string whole = report(
      "", R"x(<class filename="a"><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>)x");
  const CoverageData data = read(whole.substr(0, whole.find("number=\"2\"") + 4));
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}}));
  EXPECT_TRUE(has_code(data, "cobertura-truncated"));
}

TEST(Cobertura, DamagedValues) {
  const CoverageData data = read(report("", R"x(<class name="no file"><lines><line number="1" hits="1"/></lines></class>
      <class filename="a"><lines><line number="1" hits="99999999999999999999"/><line number="x" hits="1"/><line number="2"/>
      <line number="3" hits="1" condition-coverage="200% (4/2)"/><line number="4" hits="1" branch="true"/>
      <line number="5" hits="1" condition-coverage="0% (0/4000000000)"/></lines></class>)x"));
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, UINT64_MAX}, {3, 1}, {4, 1}, {5, 1}}));
  EXPECT_TRUE(data.files[0].branches.empty());
  EXPECT_EQ(data.diagnostics.size(), 7U);
}

const model::Diagnostic* find_code(const CoverageData& data, std::string_view code) {
  for (const model::Diagnostic& each : data.diagnostics)
    if (each.code == code) return &each;
  return nullptr;
}

TEST(Cobertura, TagsThatDoNotFitAreAnError) {
  const CoverageData data = read(
      "<coverage line-rate='1'>\n<class filename='a'></methods>\n<lines><line number='1' hits='1'/></lines></class>\n"
      "<class filename='b'><lines><line number='2' hits='0'/></class></coverage>");
  EXPECT_EQ(data.files.size(), 2U);
  const model::Diagnostic* malformed = find_code(data, "cobertura-malformed");
  ASSERT_NE(malformed, nullptr);
  EXPECT_EQ(malformed->severity, model::Severity::error);
  EXPECT_TRUE(malformed->message.starts_with("2 tags")) << malformed->message;
  EXPECT_TRUE(malformed->subject.ends_with(":2")) << malformed->subject;
}

TEST(Cobertura, AReportOfWhichNothingIsLeftIsAnError) {
  const CoverageData data = read(report("", "<class filename=''><lines><line number='1' hits='1'/></lines></class>"));
  ASSERT_NE(find_code(data, "coverage-nothing-left"), nullptr);
  EXPECT_EQ(find_code(data, "coverage-nothing-left")->severity, model::Severity::error);
  EXPECT_FALSE(has_code(read(report("", "")), "coverage-nothing-left")) << "an empty report lost nothing";
}

TEST(Cobertura, ManySkippedLinesDoNotHideTheCut) {
  std::string text = "<coverage line-rate='1'><class filename='a'><lines><line number='1' hits='1'/>";
  for (int i = 0; i < 50; ++i) text += "<line number='x' hits='1'/>";
  const CoverageData data = read(text);
  EXPECT_TRUE(has_code(data, "cobertura-truncated"));
  EXPECT_TRUE(has_code(data, "coverage-more-damage"));
}

TEST(Cobertura, OtherFormatsAreNamed) {
  const auto jacoco = read_cobertura("<report name=\"x\"/>", {"jacoco.xml"});
  ASSERT_FALSE(jacoco);
  EXPECT_NE(jacoco.error().message().find("<report>"), std::string::npos);
  EXPECT_FALSE(read_cobertura("<coverage clover=\"4.4\"><project/></coverage>", {"clover.xml"}));
  EXPECT_FALSE(read_cobertura("", {"x"}));
  EXPECT_FALSE(sniff_cobertura("<coverage generated=\"1\" clover=\"4\"><project>"));
  EXPECT_FALSE(sniff_cobertura("<testsuites>"));
  EXPECT_TRUE(sniff_cobertura("<?xml version=\"1.0\"?><!DOCTYPE coverage SYSTEM \"x\"><coverage line-rate=\"1\">"));
}

}  // namespace
}  // namespace rh::collectors
