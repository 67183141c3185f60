#include <gmock/gmock.h>

#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using model::Severity;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Transcript read(std::string_view text) {
  return transcribe_every_way(make_junit_reader, text, {.subject = "r.xml", .scope = {}, .suite_root = "/repo"});
}

std::vector<std::string> codes(const Transcript& seen) {
  std::vector<std::string> found;
  for (const model::Diagnostic& each : seen.diagnostics()) found.push_back(each.code);
  return found;
}

std::string suite(std::string_view body) { return "<testsuite name=\"s\">" + std::string(body) + "</testsuite>"; }

TEST(Junit, ReadsAnOrdinaryReport) {
  const Transcript seen = read(R"(<?xml version="1.0" encoding="utf-8"?>
<testsuites name="all" tests="4" failures="1" errors="1" skipped="1">
  <testsuite name="s" tests="4" failures="1" errors="1" skipped="1" file="/repo/t/a.py">
    <properties><property name="k" value="v"/></properties>
    <testcase classname="m.C" name="ok" time="1.5" line="7"/>
    <testcase classname="m.C" name="bad" time="0.25" file="b.py"><failure message="assert &lt;1&gt;
more" type="E">trace&#10;back</failure><system-out><![CDATA[out & <b>]]></system-out></testcase>
    <testcase classname="m.C" name="broken"><error/></testcase>
    <testcase classname="m.C" name="skip"><skipped message="later"/></testcase>
  </testsuite>
</testsuites>)");
  EXPECT_THAT(codes(seen), IsEmpty());
  const model::TestEnded* ok = seen.ended("ok");
  EXPECT_EQ(ok->attempt.outcome, Outcome::passed);
  EXPECT_EQ(ok->attempt.duration, milliseconds(1500));
  EXPECT_EQ(ok->test.classname, "m.C");
  EXPECT_EQ(ok->test.file, "t/a.py");
  EXPECT_EQ(ok->test.line, 7U);
  EXPECT_FALSE(ok->attempt.usage.cpu.value);
  const model::TestEnded* bad = seen.ended("bad");
  EXPECT_EQ(bad->attempt.outcome, Outcome::failed);
  EXPECT_EQ(bad->attempt.message, "assert <1>");
  EXPECT_EQ(bad->attempt.details, "trace\nback");
  EXPECT_EQ(bad->attempt.standard_output, "out & <b>");
  EXPECT_EQ(bad->test.file, "b.py");
  EXPECT_EQ(seen.ended("broken")->attempt.outcome, Outcome::errored);
  EXPECT_EQ(seen.ended("skip")->attempt.message, "later");
  ASSERT_THAT(seen.finished(), SizeIs(1));
  EXPECT_EQ(seen.finished()[0].tests, 4U);
  EXPECT_EQ(seen.finished()[0].failed, 1U);
  EXPECT_EQ(seen.finished()[0].errors, 1U);
}

TEST(Junit, RootsAndNesting) {
  EXPECT_EQ(read("<testcase name='a'/>").count_ended(), 1U);
  EXPECT_EQ(
      read("<testsuite><testcase name='a'/></testsuite><testsuite><testcase name='b'/></testsuite>").count_ended(), 2U);
  const Transcript nested = read(
      "<testsuites><testsuite name='a'><testcase name='x'/><testsuite name='b'><testcase name='y' classname='test'/>"
      "</testsuite></testsuite></testsuites>");
  EXPECT_EQ(nested.ended("x")->test.classname, "a");
  EXPECT_EQ(nested.ended("y")->test.classname, "a > b");
  EXPECT_EQ(read("<j:testsuite xmlns:j='u'><j:testcase name='a'/></j:testsuite>").count_ended(), 1U);
  EXPECT_EQ(read("<report><testsuite><testcase name='a'/></testsuite></report>").count_ended(), 1U)
      << "unknown elements are transparent";
}

TEST(Junit, RetriesBecomeAttempts) {
  const Transcript flaky =
      read(suite("<testcase name='a' time='3'><flakyFailure message='first' time='1'><stackTrace>st</stackTrace>"
                 "<system-out>o1</system-out></flakyFailure><flakyError "
                 "message='second'/><system-out>own</system-out></testcase>"));
  ASSERT_EQ(flaky.count_ended(), 3U);
  const auto& first = std::get<model::TestEnded>(flaky.events[0]);
  EXPECT_EQ(first.attempt.outcome, Outcome::failed);
  EXPECT_EQ(first.attempt.details, "st");
  EXPECT_EQ(first.attempt.standard_output, "o1");
  EXPECT_EQ(first.attempt.duration, milliseconds(1000));
  EXPECT_EQ(flaky.ended("a")->attempt.number, 3U);
  EXPECT_EQ(flaky.ended("a")->attempt.outcome, Outcome::passed);
  EXPECT_EQ(flaky.ended("a")->attempt.standard_output, "own");
  const Transcript rerun =
      read(suite("<testcase name='a'><failure message='1st'/><rerunFailure message='2nd'/></testcase>"));
  ASSERT_EQ(rerun.count_ended(), 2U);
  EXPECT_EQ(std::get<model::TestEnded>(rerun.events[0]).attempt.message, "1st");
  EXPECT_EQ(rerun.ended("a")->attempt.message, "2nd");
  EXPECT_EQ(rerun.ended("a")->attempt.outcome, Outcome::failed);
}

TEST(Junit, DuplicatesAreKept) {
  const Transcript seen = read(suite("<testcase name='a'><failure/></testcase><testcase name='a'/>"));
  EXPECT_EQ(seen.count_ended(), 2U);
  EXPECT_NE(std::get<model::TestEnded>(seen.events[0]).key, std::get<model::TestEnded>(seen.events[1]).key);
}

TEST(Junit, Dialects) {
  EXPECT_EQ(read(suite("<testcase name='a'><skipped type='pytest.xfail' message='x'/></testcase>"))
                .ended("a")
                ->attempt.outcome,
            Outcome::expected_failure);
  EXPECT_EQ(read(suite("<testcase name='a' status='notrun'/>")).ended("a")->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(read(suite("<testcase name='a' status='run' result='suppressed'/>")).ended("a")->attempt.outcome,
            Outcome::skipped);
  EXPECT_EQ(read(suite("<testcase name='a' status='fail'/>")).ended("a")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(read(suite("<testcase name='a' status='run' result='completed'/>")).ended("a")->attempt.outcome,
            Outcome::passed);
  EXPECT_EQ(read(suite("<testcase name='a'><skipped type='todo'/><failure/></testcase>")).ended("a")->attempt.outcome,
            Outcome::expected_failure);
  EXPECT_EQ(
      read(suite("<testcase name='a'><failure type='testTimeoutFailure'/></testcase>")).ended("a")->attempt.outcome,
      Outcome::timed_out);
  EXPECT_EQ(read(suite("<testcase name='a'><failure/><error/></testcase>")).ended("a")->attempt.outcome,
            Outcome::errored)
      << "the worst counts";
  EXPECT_EQ(read(suite("<testcase name='a'><warning/></testcase>")).ended("a")->attempt.outcome, Outcome::passed);
  EXPECT_EQ(read("<testsuite name='pytest'><testcase name='a' line='0'/></testsuite>").ended("a")->test.line, 1U);
  const Transcript broken = read("<testsuite name='s' tests='0' errors='1'><error message='no fixture'/></testsuite>");
  EXPECT_EQ(broken.ended("s")->attempt.outcome, Outcome::errored);
  EXPECT_THAT(codes(broken), IsEmpty());
}

TEST(Junit, HeadersAreRecounted) {
  const Transcript seen =
      read("<testsuites><testsuite name='s' tests='3' failures='0'><testcase name='a'/></testsuite></testsuites>");
  ASSERT_THAT(codes(seen), ElementsAre("junit-count-mismatch"));
  EXPECT_EQ(seen.diagnostics()[0].severity, Severity::warning);
  EXPECT_THAT(seen.diagnostics()[0].message, HasSubstr("claims 3 tests and holds 1"));
  EXPECT_FALSE(seen.finished().at(0).tests);
  EXPECT_THAT(
      codes(read("<testsuite tests='1' failures='0' errors='1'><testcase name='a'><failure/></testcase></testsuite>")),
      IsEmpty())
      << "mocha";
  EXPECT_THAT(
      codes(read("<testsuite tests='1' disabled='1' skipped='0'><testcase name='a' status='notrun'/></testsuite>")),
      IsEmpty())
      << "gtest";
}

TEST(Junit, DeclaredFailuresWithoutAFailedCaseAreLostResults) {
  const auto lost = [](std::string_view text) {
    const Transcript seen = read(text);
    EXPECT_THAT(codes(seen), ElementsAre("junit-lost-failures")) << text;
    EXPECT_EQ(seen.diagnostics().at(0).severity, Severity::error);
    return seen.diagnostics().at(0).message;
  };
  EXPECT_THAT(lost("<testsuite name='s' tests='1' failures='2'><testcase name='a'/></testsuite>"),
              HasSubstr("testsuite \"s\" that ends at line 1 claims 2 failures"));
  lost(
      "<testsuites failures='1' tests='1'><testsuite tests='1' failures='1'><testcase "
      "name='a'/></testsuite></testsuites>");
  lost("<testsuites errors='1'><testsuite><testcase name='a'/></testsuite></testsuites>");
  EXPECT_THAT(
      codes(read("<testsuite tests='1' failures='1'><testcase name='a'><flakyFailure/></testcase></testsuite>")),
      ElementsAre("junit-count-mismatch"))
      << "a writer may count what passed in the end";
  EXPECT_THAT(codes(read("<testsuites failures='3'></testsuites>")),
              ElementsAre("junit-no-cases", "junit-lost-failures"));
}

TEST(Junit, AMissingQuoteCostsNoOtherCase) {
  const Transcript seen = read("<testsuite><testcase name='a/>\n<testcase name='b'/>\n<testcase name='c/></testsuite>");
  EXPECT_EQ(seen.count_ended(), 3U);
  EXPECT_NE(seen.ended("b"), nullptr);
  EXPECT_THAT(codes(seen), ElementsAre("junit-malformed"));
  EXPECT_EQ(read("<testsuite><testcase name='a'></testcase <testcase name='b'/></testsuite>").count_ended(), 2U);
}

TEST(Junit, WhatXmlForbidsAndWritersDoIsSaid) {
  for (const char* text : {"<testcase name='a<b'/>", "<testcase name='a & b'/>", "<testcase name='&nbsp;'/>",
                           "<testcase name='a'>x &y; z</testcase>", "<!-- a -- b --><testcase name='a'/>",
                           "<testcase name='a' name='a'/>"}) {
    const Transcript seen = read(text);
    EXPECT_EQ(seen.count_ended(), 1U) << text;
    EXPECT_THAT(codes(seen), ElementsAre("junit-malformed")) << text;
  }
}

TEST(Junit, HeadersThatDoNotCoverAllCasesAreNoTotals) {
  const Transcript node = read(
      "<testsuites><testcase name='a' classname='test'/><testsuite name='g' tests='1'><testcase "
      "name='b'/></testsuite></testsuites>");
  EXPECT_FALSE(node.finished().at(0).tests);
  EXPECT_THAT(codes(node), IsEmpty());
}

TEST(Junit, MessageIsWhatSaysSomething) {
  const Transcript seen = read(suite(
      "<testcase name='a'><failure message='f.cc:2&#10;Expected: 1'/></testcase><testcase name='b'><failure>f.cc:2\n"
      "Expected: 2</failure></testcase><testcase name='c'><skipped type='pytest.xfail' message=''/></testcase>"));
  EXPECT_EQ(seen.ended("a")->attempt.message, "Expected: 1");
  EXPECT_EQ(seen.ended("b")->attempt.message, "Expected: 2");
  EXPECT_EQ(seen.ended("c")->attempt.message, "");
}

TEST(Junit, CutFileKeepsWhatCameBefore) {
  const std::string whole =
      "<testsuites><testsuite name='s' tests='3'><testcase name='a'/><testcase name='b'><failure "
      "message='m'>body</failure></testcase>"
      "<testcase name='c'><system-out><![CDATA[x]]></system-out></testcase></testsuite></testsuites>";
  const std::size_t c = whole.find("<testcase name='c'");
  for (std::size_t length = whole.find("<testcase name='b'"); length < whole.size(); ++length) {
    const Transcript seen = transcribe(make_junit_reader, whole.substr(0, length));
    ASSERT_THAT(seen.diagnostics("junit-truncated"), SizeIs(1)) << whole.substr(0, length);
    EXPECT_EQ(seen.diagnostics("junit-truncated")[0].severity, Severity::error);
    EXPECT_NE(seen.ended("a"), nullptr);
    if (length >= c) {
      EXPECT_EQ(seen.ended("b")->attempt.outcome, Outcome::failed);
    }
    EXPECT_THAT(seen.finished(), IsEmpty());
  }
  EXPECT_THAT(read(whole.substr(0, c + 25)).diagnostics()[0].message,
              HasSubstr("line 1, after 2 test cases; test case \"c\" is incomplete"));
  EXPECT_EQ(read("<testsuite><testcase name='a'><failure message='known'/>").ended("a")->attempt.outcome,
            Outcome::failed);
  EXPECT_THAT(codes(read("<testsui")), ElementsAre("junit-truncated"));
}

TEST(Junit, EmptyForeignAndCaselessFilesDiffer) {
  EXPECT_THAT(codes(read("")), ElementsAre("junit-empty"));
  EXPECT_THAT(codes(read(" \n\t")), ElementsAre("junit-empty"));
  EXPECT_THAT(codes(read("<testsuite name='s' tests='0'/>")), ElementsAre("junit-no-cases"));
  const auto foreign = [](std::string_view text) {
    const Transcript seen = read(text);
    EXPECT_THAT(codes(seen), ElementsAre("not-junit")) << text;
    EXPECT_EQ(seen.diagnostics().at(0).severity, Severity::error);
    return seen.diagnostics().at(0).message;
  };
  EXPECT_THAT(foreign("<?xml version='1.0'?><test-run id='2'><test-case/></test-run>"), HasSubstr("NUnit 3"));
  EXPECT_THAT(foreign("<TestRun xmlns='http://x'></TestRun>"), HasSubstr("TRX"));
  EXPECT_THAT(foreign("<assemblies><assembly/></assemblies>"), HasSubstr("xUnit.net"));
  EXPECT_THAT(foreign("<TestLog></TestLog><TestResult></TestResult>"), HasSubstr("Boost"));
  EXPECT_THAT(foreign("<Site></Site>"), HasSubstr("CTest"));
  EXPECT_THAT(foreign("<TestCase name='q'/>"), HasSubstr("QtTest"));
  EXPECT_THAT(foreign("<!DOCTYPE html><html></html>"), HasSubstr("HTML"));
  EXPECT_THAT(foreign("TAP version 13\nok 1 - a\n"), HasSubstr("TAP"));
  EXPECT_THAT(foreign("{\"Action\":\"start\",\"Package\":\"p\"}\n"), HasSubstr("go test -json"));
  EXPECT_THAT(foreign("{ \"type\": \"suite\", \"event\": \"started\" }\n"), HasSubstr("libtest"));
  EXPECT_THAT(foreign("<foo/>"), HasSubstr("first element is <foo>"));
  EXPECT_THAT(foreign("just text"), HasSubstr("no element"));
}

TEST(Junit, Encodings) {
  const std::string e = "\xC3\xA9";
  EXPECT_NE(read("\xEF\xBB\xBF<?xml version='1.0'?><testcase name='" + e + "'/>").ended(e), nullptr);
  EXPECT_NE(read("<?xml version='1.0' encoding='ISO-8859-1'?><testcase name='\xE9'/>").ended(e), nullptr);
  EXPECT_NE(read("<?xml version='1.0' encoding='windows-1252'?><testcase name='\x80'/>").ended("\xE2\x82\xAC"),
            nullptr);
  EXPECT_NE(read("<?xml version='1.0' encoding='ISO-8859-1'?><testcase name='" + e + "'/>").ended(e), nullptr)
      << "bytes before declaration";
  EXPECT_NE(read("<?xml version='1.0' encoding='utf-16'?><testcase name='" + e + "'/>").ended(e), nullptr);
  EXPECT_NE(read("<?xml version='1.0' encoding='Shift_JIS'?><testcase name='\x83'/>").ended("\xEF\xBF\xBD"), nullptr);
  const std::u16string wide = u"<?xml version='1.0' encoding='utf-16'?><testcase name='\u00e9\U0001F600'/>";
  std::string little = "\xFF\xFE", big = "\xFE\xFF", bare;
  for (const char16_t unit : wide) {
    little += static_cast<char>(unit & 0xFF), little += static_cast<char>(unit >> 8);
    big += static_cast<char>(unit >> 8), big += static_cast<char>(unit & 0xFF);
  }
  bare = little.substr(2);
  for (const std::string& text : {little, big, bare}) {
    EXPECT_NE(read(text).ended(e + "\xF0\x9F\x98\x80"), nullptr);
    EXPECT_TRUE(sniff_junit(text));
  }
}

TEST(Junit, CharactersThatXmlForbids) {
  using namespace std::string_literals;
  EXPECT_NE(read("<testcase name='a\0b\x1b'/>"s).ended("a\xEF\xBF\xBD"s + "b\xEF\xBF\xBD"), nullptr);
  EXPECT_NE(read("<testcase name='a&#0;b'/>")
                .ended("a\xEF\xBF\xBD"
                       "b"),
            nullptr);
  EXPECT_NE(read("<testcase name='&#xD83D;&#xDE00;'/>").ended("\xF0\x9F\x98\x80"), nullptr);
  EXPECT_NE(read("<testcase name='&#xD83D;x&#xFFFF;&#99999999999;'/>").ended("\xEF\xBF\xBDx\xEF\xBF\xBD&#99999999999;"),
            nullptr);
  EXPECT_NE(read("<testcase name='a&nbsp;b & c&amp;d'/>").ended("a&nbsp;b & c&d"), nullptr);
  EXPECT_EQ(read("<testcase name='a'><failure message='&#27;[31mred&#27;[0m'>\x1b[1mb\x1b[0m</failure></testcase>")
                .ended("a")
                ->attempt.details,
            "b");
}

TEST(Junit, WhatIsNotWellFormedIsReadAndOnlySignsAreForgiven) {
  const auto survives = [](std::string_view text, std::size_t cases,
                           model::Severity severity = model::Severity::error) {
    const Transcript seen = read(text);
    EXPECT_EQ(seen.count_ended(), cases) << text;
    EXPECT_THAT(codes(seen), ElementsAre("junit-malformed")) << text;
    for (const model::Diagnostic& each : seen.diagnostics("junit-malformed"))
      EXPECT_EQ(each.severity, severity) << text;
    return seen;
  };
  survives("<testsuite><testcase name='a'></testsuite>", 1);
  survives("<testsuite><testcase name='a'><testcase name='b'/></testsuite>", 2);
  survives("<testsuite></wrong><testcase name='a'/></testsuite>", 1);
  survives("<testsuite><testcase name=a time=1/><testcase name='b' name='c' x/></testsuite>", 2);
  EXPECT_NE(survives("<testsuite><testcase name=\"say \"hi\"!\"/></testsuite>", 1).ended("say \"hi\"!"), nullptr);
  survives("<testsuite><testcase name='a/>\n<testcase name='b'/></testsuite>", 2);
  constexpr auto kForgiven = model::Severity::warning;
  survives("<testsuite><testcase name='a'><failure>1 < 2</failure></testcase></testsuite>", 1, kForgiven);
  survives("<testsuite><testcase name='a < b &nbsp; & c'/><!-- x -- y --></testsuite>", 1, kForgiven);
}

TEST(Junit, WhatWritersDoAnyway) {
  EXPECT_NE(read("<testcase name='a<b>c'/>").ended("a<b>c"), nullptr) << "JS reporters";
  EXPECT_NE(read("<testcase name=\"a\"classname=\"b\"/>").ended("a"), nullptr);
  EXPECT_EQ(read("<!-- a -- b --><testcase name='a'/><!-- tests 1 -->").count_ended(), 1U);
  EXPECT_EQ(read("<!DOCTYPE t [<!ENTITY e \"]>\"> <!-- don't --> ]><testcase name='&e;'/>").count_ended(), 1U);
  EXPECT_EQ(read("junk <?xml version='1.0'?>\n<testcase name='a'/> tail").count_ended(), 1U);
  EXPECT_EQ(read("<?xml version='1.0'?><testcase name='a'/><?xml version='1.0'?><testcase name='b'/>").count_ended(),
            2U);
  EXPECT_THAT(
      codes(read("<?xml version='1.0'?><testsuite><testcase name='a'/><?xml version='1.0'?><testcase name='b'/>")),
      ElementsAre("junit-truncated"));
  const Transcript parts = read(
      "<testcase name='a'><failure>one <![CDATA[two]]> <![CDATA[three ]] > "
      "]]>four</failure><failure>five</failure></testcase>");
  EXPECT_EQ(parts.ended("a")->attempt.details, "one twothree ]] > four\n\nfive");
}

TEST(Junit, DepthIsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<testsuite>";
  deep += "<testcase name='a'/>";
  for (int i = 0; i < 100'000; ++i) deep += "</testsuite>";
  const Transcript seen = transcribe(make_junit_reader, deep);
  EXPECT_THAT(seen.diagnostics("junit-too-deep"), SizeIs(1));
  std::string fine;
  for (int i = 0; i < 20'000; ++i) fine += "<testsuite>";
  fine += "<testcase name='a'/>";
  for (int i = 0; i < 20'000; ++i) fine += "</testsuite>";
  EXPECT_THAT(codes(transcribe(make_junit_reader, fine)), IsEmpty());
}

TEST(Junit, LongTextIsBounded) {
  const std::string text = "<testcase name='a'><failure><![CDATA[" + std::string(3'000'000, 'x') +
                           "end]]></failure><system-out>" + std::string(3'000'000, '&') + "</system-out></testcase>";
  const Transcript seen = transcribe(make_junit_reader, text);
  EXPECT_EQ(transcribe(make_junit_reader, text, {}, 65'536).lines(), seen.lines());
  EXPECT_LT(seen.ended("a")->attempt.details.size(), 70'000U);
  EXPECT_TRUE(seen.ended("a")->attempt.details.ends_with("end"));
}

TEST(Junit, NegativeTimesAreNamed) {
  const Transcript seen = read("<testcase name='a' time='-0.01'/>");
  EXPECT_EQ(seen.ended("a")->attempt.duration, milliseconds(0));
  EXPECT_THAT(codes(seen), ElementsAre("junit-negative-time"));
}

TEST(Junit, IsRecognised) {
  EXPECT_TRUE(sniff_junit("<?xml version='1.0'?><!-- c --><testsuites>"));
  EXPECT_TRUE(sniff_junit("<!DOCTYPE x><j:testsuite name='a"));
  EXPECT_FALSE(sniff_junit("<coverage>"));
  EXPECT_FALSE(sniff_junit("{}"));
  EXPECT_FALSE(sniff_junit(""));
}

TEST(Junit, SurvivesMutations) {
  survive_mutations(make_junit_reader,
                    R"(<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE a [<!ENTITY b "c">]>
<testsuites tests="2"><testsuite name="s" tests="2" errors="1"><properties><property name="k" value="v"/></properties>
<testcase classname="m" name="a" time="1,5"><failure message="a &lt; b &#x1b; 'q'">x <![CDATA[ y ]]> z</failure><rerunFailure/></testcase>
<testcase name='b'><flakyError><stackTrace>s</stackTrace></flakyError><system-out>o</system-out></testcase><!-- end --></testsuite></testsuites>)",
                    500);
}

}  // namespace
}  // namespace rh::collectors
