#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageData read(std::string_view text) { return must(read_jacoco(text, {"jacoco.xml"})); }

constexpr std::string_view kHead =
    R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="r"><sessioninfo id="a" start="1" dump="2"/><sessioninfo id="b" start="1" dump="2"/>)";

std::string method(std::string_view name, std::uint32_t line, bool ran) {
  return "<method name=\"" + std::string(name) + "\" desc=\"()V\" line=\"" + std::to_string(line) +
         "\"><counter type=\"INSTRUCTION\" missed=\"1\" covered=\"" + (ran ? "3" : "0") +
         "\"/><counter type=\"METHOD\" missed=\"" + (ran ? "0" : "1") + "\" covered=\"" + (ran ? "1" : "0") +
         "\"/></method>";
}

TEST(Jacoco, LinesBranchesMethods) {
  const CoverageData data = read(
      std::string(kHead) + R"(<package name="com/x"><class name="com/x/A$B" sourcefilename="A.java">)" +
      method("&lt;init&gt;", 3, true) + method("f", 4, false) +
      R"(</class><sourcefile name="A.java"><line nr="3" mi="1" ci="2" mb="1" cb="2"/><line nr="4" mi="4" ci="0" mb="2" cb="0"/>
         <counter type="LINE" missed="1" covered="1"/></sourcefile><counter type="LINE" missed="8" covered="8"/></package>
         <counter type="LINE" missed="1" covered="1"/><counter type="BRANCH" missed="3" covered="2"/>
         <counter type="METHOD" missed="1" covered="1"/></report>)");
  ASSERT_EQ(data.files.size(), 1U);
  const CoverageFile& file = data.files[0];
  EXPECT_EQ(file.path, "com/x/A.java");
  EXPECT_EQ(file.lines, (std::vector<LineHits>{{3, 1}, {4, 0}}));
  EXPECT_EQ(file.branches,
            (std::vector<BranchHits>{
                {3, 0, "0", 1}, {3, 0, "1", 1}, {3, 0, "2", 0}, {4, 0, "0", std::nullopt}, {4, 0, "1", std::nullopt}}));
  EXPECT_EQ(file.functions, (std::vector<FunctionHits>{{"A$B.<init>()V", 3, 1}, {"A$B.f()V", 4, 0}}));
  EXPECT_EQ(totals_of(data.files).lines, data.declared->lines);
  EXPECT_EQ(totals_of(data.files).branches, data.declared->branches);
  EXPECT_EQ(totals_of(data.files).functions, data.declared->functions);
  EXPECT_TRUE(data.diagnostics.empty());
}

// DTD 1.0: by the class's name, and else by the only file with that line.
TEST(Jacoco, MethodsFindTheirSourceFile) {
  const CoverageData data = read(
      std::string(kHead) + R"(<package name="p"><class name="p/A">)" + method("a", 1, true) +
      R"(</class><class name="p/Second">)" + method("s", 9, true) + R"(</class><class name="p/Gone">)" +
      method("g", 77, true) +
      R"(</class><sourcefile name="A.java"><line nr="1" mi="0" ci="1" mb="0" cb="0"/><line nr="9" mi="0" ci="1" mb="0" cb="0"/>
         </sourcefile><sourcefile name="C.java"><line nr="1" mi="0" ci="1" mb="0" cb="0"/></sourcefile></package></report>)");
  ASSERT_EQ(data.files.size(), 2U);
  EXPECT_EQ(data.files[0].functions, (std::vector<FunctionHits>{{"A.a()V", 1, 1}, {"Second.s()V", 9, 1}}));
  EXPECT_TRUE(data.files[1].functions.empty());
  EXPECT_TRUE(has_code(data, "jacoco-methods"));
}

std::string group(std::string_view name, std::string_view lines) {
  return "<group name=\"" + std::string(name) +
         "\"><group name=\"in\"><package name=\"p\"><sourcefile name=\"A.java\">" + std::string(lines) +
         "</sourcefile></package></group><counter type=\"LINE\" missed=\"5\" covered=\"5\"/></group>";
}

TEST(Jacoco, GroupsNestAndFilesOfOneNameStayApart) {
  constexpr std::string_view kOne = R"(<line nr="1" mi="0" ci="1" mb="0" cb="0"/>)";
  constexpr std::string_view kTwo = R"(<line nr="2" mi="1" ci="0" mb="0" cb="0"/>)";
  const CoverageData same = read(std::string(kHead) + group("a", kOne) + group("b", kOne) + "</report>");
  ASSERT_EQ(same.files.size(), 1U);
  EXPECT_EQ(same.files[0].path, "p/A.java");
  EXPECT_EQ(same.declared, std::nullopt);
  const CoverageData other = read(std::string(kHead) + group("a", kOne) + group("b", kTwo) + "</report>");
  ASSERT_EQ(other.files.size(), 2U);
  EXPECT_EQ(other.files[0].path, "a/in/p/A.java");
  EXPECT_EQ(other.files[1].path, "b/in/p/A.java");
  EXPECT_TRUE(has_code(other, "jacoco-same-path"));
}

TEST(Jacoco, DefaultPackageHasNoFolder) {
  const CoverageData data =
      read(R"(<report name="x"><package name=""><sourcefile name="Top.java"><line nr="1" mi="0" ci="1"/>
      </sourcefile></package></report>)");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].path, "Top.java");
}

// As gcovr writes it.
TEST(Jacoco, LinesWithoutInstructionsAreKnownByTheirBranchesAndCounters) {
  const auto report = [](std::string_view lines, std::string_view missed, std::string_view covered) {
    return read("<report name='r'><package name=''><sourcefile name='a.c'>" + std::string(lines) +
                "<counter type='LINE' missed='" + std::string(missed) + "' covered='" + std::string(covered) +
                "'/></sourcefile></package></report>");
  };
  EXPECT_EQ(report("<line nr='1'/><line nr='2' mb='1' cb='1'/>", "0", "2").files[0].lines,
            (std::vector<LineHits>{{1, 1}, {2, 1}}));
  EXPECT_EQ(report("<line nr='1'/><line nr='2' mb='2' cb='0'/>", "2", "0").files[0].lines,
            (std::vector<LineHits>{{1, 0}, {2, 0}}));
  EXPECT_EQ(report("<line nr='1'/><line nr='2' mb='1' cb='1'/>", "1", "1").files[0].lines,
            (std::vector<LineHits>{{1, 0}, {2, 1}}));
  EXPECT_EQ(report("<line nr='1' mi='3'/>", "1", "0").files[0].lines, (std::vector<LineHits>{{1, 0}}));
  const CoverageData open = report("<line nr='1'/><line nr='2'/><line nr='3' cb='2'/>", "1", "2");
  EXPECT_EQ(open.files[0].lines, (std::vector<LineHits>{{3, 1}}));
  EXPECT_TRUE(has_code(open, "jacoco-lines"));
  EXPECT_EQ(open.diagnostics[0].severity, model::Severity::error) << "two lines are lost";
}

TEST(Jacoco, LinesThatOnlyTheCounterKnowsAreMissed) {
  const CoverageData data = read(
      "<report name='r'><package name='p'><sourcefile name='A.java'><line nr='1' mi='0' ci='1'/></sourcefile>"
      "</package><counter type='LINE' missed='3' covered='7'/></report>");
  EXPECT_TRUE(has_code(data, "jacoco-totals"));
}

TEST(Jacoco, DamageIsSaidWithItsLine) {
  const CoverageData data = read(
      "<report name=\"x\">\n<package name=\"p\">\n<sourcefile name=\"A.java\">\n<line nr=\"0\" mi=\"0\" ci=\"1\"/>\n"
      "<line nr=\"1\" mi=\"0\" ci=\"1\" mb=\"9999999\" cb=\"0\"/>\n<line nr=\"2\" mi=\"0\" ci=\"1\"/>\n<line nr=");
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_EQ(data.files[0].lines, (std::vector<LineHits>{{1, 1}, {2, 1}}));
  EXPECT_TRUE(has_code(data, "jacoco-line"));
  EXPECT_TRUE(has_code(data, "jacoco-branch"));
  EXPECT_TRUE(has_code(data, "jacoco-truncated"));
  EXPECT_EQ(data.diagnostics[0].subject, "jacoco.xml:4");
  EXPECT_FALSE(read_jacoco("<testsuite/>", {"x"}));
  EXPECT_FALSE(read_jacoco("", {"x"}));
}

}  // namespace
}  // namespace rh::collectors
