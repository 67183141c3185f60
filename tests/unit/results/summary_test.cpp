#include "collectors/results/summary.h"

#include <gmock/gmock.h>

#include <random>

#include <fmt/core.h>

#include "collectors/results/junit_pull.h"
#include "collectors/results/reader.h"
#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const ResultFormat kFormats[] = {
    {"go-json", "", make_go_json_reader, sniff_go_json},
    {"junit", "", make_junit_reader, sniff_junit, summarise_junit},
};

ResultsSummary summarise(std::string_view text, const ResultsQuery& query = {}, std::size_t piece = SIZE_MAX) {
  TextSource source(text, piece);
  auto summary = summarise_results(source, "r.xml", kFormats, query);
  EXPECT_TRUE(summary) << summary.error().message();
  return std::move(summary).value();
}

ResultsSummary suite(std::string_view cases, const ResultsQuery& query = {}) {
  return summarise("<testsuite name='s'>" + std::string(cases) + "</testsuite>", query);
}

std::string figures(const ResultTotals& totals) {
  return fmt::format("{}={}+{}+{} flaky {} further {} time {}", totals.total, totals.passed, totals.failed,
                     totals.skipped, totals.flaky, totals.further_attempts, totals.time ? totals.time->text() : "-");
}

std::vector<std::string> codes(const ResultsSummary& summary) {
  std::vector<std::string> found;
  for (const model::Diagnostic& each : summary.diagnostics) found.push_back(each.code);
  return found;
}

std::vector<std::string> ids(const std::vector<ReportedCase>& cases) {
  std::vector<std::string> found;
  for (const ReportedCase& each : cases) found.push_back(each.id());
  return found;
}

TEST(Summary, OfAnOrdinaryReport) {
  const ResultsSummary read = summarise(
      R"(<?xml version="1.0"?><testsuites><testsuite name="a" timestamp="2026-03-01T12:00:00"><testsuite name="b">
<testcase classname="m.C" name="ok" time="0.1"/><testcase classname="m.C" name="x&amp;y" file="/r/t.py" line="3" time="0.2">
<failure message="assert 1 &lt; 0" type="E">trace</failure></testcase></testsuite>
<testcase name="broken" classname="m.C"><error>
f.cc:12
what it says</error></testcase><testcase name="s"><skipped/></testcase></testsuite></testsuites>)",
      {.names = true, .max_failed = 10, .suite_root = "/r"});
  EXPECT_EQ(read.format, "junit");
  EXPECT_EQ(read.state, ResultsState::cases);
  EXPECT_EQ(figures(read.totals), "4=1+2+1 flaky 0 further 0 time 0.3");
  EXPECT_THAT(codes(read), IsEmpty());
  EXPECT_FALSE(read.trouble());
  EXPECT_EQ(read.timestamp, "2026-03-01T12:00:00");
  ASSERT_EQ(read.failed.size(), 2U);
  EXPECT_EQ(read.failed[0].id(), "t.py::m.C::x&y");
  EXPECT_EQ(read.failed[0].suite, "a > b");
  EXPECT_EQ(read.failed[0].line, 3U);
  EXPECT_EQ(read.failed[0].message, "assert 1 < 0");
  EXPECT_EQ(read.failed[1].message, "what it says");
  EXPECT_EQ(read.failed[1].outcome, Outcome::errored);
  EXPECT_THAT(ids(read.cases), ElementsAre("m.C::ok", "t.py::m.C::x&y", "m.C::broken", "a::s"));
}

TEST(Summary, FailuresThatAPassEndsAreOneFlakyTest) {
  const ResultsSummary once = suite(
      "<testcase name='a' time='1'><failure message='m'/></testcase><testcase name='b'/>"
      "<testcase name='a' time='2'/>",
      {.names = true});
  EXPECT_EQ(figures(once.totals), "2=2+0+0 flaky 1 further 1 time 3");
  EXPECT_TRUE(once.failed.empty());
  ASSERT_THAT(ids(once.cases), ElementsAre("s::a", "s::b"));
  EXPECT_TRUE(once.cases[0].flaky);
  EXPECT_EQ(once.cases[0].outcome, Outcome::passed);
  EXPECT_THAT(codes(once), ElementsAre("junit-retries"));
  EXPECT_FALSE(once.trouble());
  const std::string failed = "<testcase name='a'><failure/></testcase>", passed = "<testcase name='a'/>";
  EXPECT_EQ(figures(suite(failed + failed + passed).totals), "1=1+0+0 flaky 1 further 2 time -");
}

TEST(Summary, OtherRepetitionsAreKept) {
  const std::string failed = "<testcase name='a'><failure/></testcase>", passed = "<testcase name='a'/>",
                    skipped = "<testcase name='a'><skipped/></testcase>";
  const auto of = [](const std::string& cases) { return figures(suite(cases).totals).substr(0, 15); };
  EXPECT_EQ(of(passed + passed + passed), "3=3+0+0 flaky 0");
  EXPECT_EQ(of(failed + failed), "2=0+2+0 flaky 0");
  EXPECT_EQ(of(passed + failed), "2=1+1+0 flaky 0");
  EXPECT_EQ(of(passed + failed + passed), "3=2+1+0 flaky 0") << "nobody retries what has passed";
  EXPECT_EQ(of(failed + passed + passed), "3=2+1+0 flaky 0");
  EXPECT_EQ(of(failed + passed + failed), "3=1+2+0 flaky 0");
  EXPECT_EQ(of(failed + skipped + passed), "3=1+1+1 flaky 0");
  const ResultsSummary two = summarise("<testsuites><testsuite name='s'>" + failed +
                                       "</testsuite><testsuite name='s'>" + passed + "</testsuite></testsuites>");
  EXPECT_EQ(figures(two.totals).substr(0, 15), "2=1+1+0 flaky 0") << "runs of two machines, say";
  EXPECT_EQ(of("<testcase name='a' line='1'><failure/></testcase><testcase name='a' line='2'/>"), "2=1+1+0 flaky 0");
  const ResultsSummary around = summarise("<testsuite name='s'>" + failed + "<testsuite name='in'>" + passed +
                                          "</testsuite>" + passed + "</testsuite>");
  EXPECT_EQ(figures(around.totals).substr(0, 15), "2=2+0+0 flaky 1") << "siblings, with a suite between them";
}

TEST(Summary, RetriesOfManySuites) {
  std::string text = "<testsuites>";
  for (int i = 0; i < 300; ++i) {
    text += fmt::format("<testsuite name='s{}'>", i % 2);
    for (int test = 0; test < 20; ++test) text += fmt::format("<testcase name='t{}'><failure/></testcase>", test);
    for (int test = 0; test < 20; test += 2) text += fmt::format("<testcase name='t{}'/>", test);
    text += "</testsuite>";
  }
  const ResultsSummary read = summarise(text + "</testsuites>", {.names = true, .max_failed = 5000});
  EXPECT_EQ(figures(read.totals), "6000=3000+3000+0 flaky 3000 further 3000 time -");
  EXPECT_EQ(read.failed.size(), 3000U);
  EXPECT_EQ(read.cases.size(), 6000U);
}

TEST(Summary, FlakyAndRerunChildren) {
  const ResultsSummary read = suite(
      "<testcase name='f'><flakyFailure message='x'/><flakyError/></testcase>"
      "<testcase name='r'><failure message='first'/><rerunFailure message='second'/></testcase>");
  EXPECT_EQ(figures(read.totals), "2=1+1+0 flaky 1 further 3 time -");
  ASSERT_EQ(read.failed.size(), 1U);
  EXPECT_EQ(read.failed[0].message, "first");
}

TEST(Summary, TimesOfSuitesCountWhereCasesHaveNone) {
  EXPECT_EQ(
      summarise("<testsuites><testsuite time='1.5'><testcase name='a'/></testsuite><testsuite time='2'><testsuite "
                "time='7'><testcase name='b'/></testsuite></testsuite></testsuites>")
          .totals.time->text(),
      "3.5");
  EXPECT_EQ(suite("<testcase name='a' time=''/>").totals.time, std::nullopt);
}

TEST(Summary, StatesThatAreNotGreen) {
  EXPECT_EQ(summarise("").state, ResultsState::empty);
  EXPECT_EQ(summarise(" \n").state, ResultsState::empty);
  EXPECT_EQ(summarise("\xEF\xBB\xBF").state, ResultsState::empty);
  EXPECT_TRUE(summarise("").trouble());
  EXPECT_EQ(summarise("<testsuites tests='0'/>").state, ResultsState::no_cases);
  EXPECT_FALSE(summarise("<testsuites tests='0'/>").trouble());
  EXPECT_EQ(summarise("<coverage/>").state, ResultsState::unknown);
  EXPECT_TRUE(summarise("<coverage/>").trouble());
  EXPECT_EQ(summarise("hello").state, ResultsState::unknown);
  const ResultsSummary lost = summarise("<testsuite failures='1' tests='1'><testcase name='a'/></testsuite>");
  EXPECT_THAT(codes(lost), ElementsAre("junit-lost-failures"));
  EXPECT_TRUE(lost.trouble());
  const ResultsSummary cut = summarise("<testsuite><testcase name='a'/>\n<testcase name='b'>");
  EXPECT_EQ(figures(cut.totals), "1=1+0+0 flaky 0 further 0 time -");
  EXPECT_TRUE(cut.trouble());
  EXPECT_THAT(cut.diagnostics.at(0).message, HasSubstr("byte 51, line 2"));
  const ResultsSummary broken = summarise("<testsuite name='s'><error message='no fixture'/></testsuite>");
  EXPECT_EQ(figures(broken.totals), "1=0+1+0 flaky 0 further 0 time -");
  EXPECT_EQ(broken.failed.at(0).message, "no fixture");
}

TEST(Summary, FailedTestsAreBoundedAndCounted) {
  std::string cases;
  for (int i = 0; i < 50; ++i) cases += fmt::format("<testcase name='t{}'><failure/></testcase>", i);
  const ResultsSummary read = suite(cases, {.max_failed = 3});
  EXPECT_THAT(ids(read.failed), ElementsAre("s::t0", "s::t1", "s::t2"));
  EXPECT_EQ(read.failed_left_out, 47U);
}

TEST(Summary, OfEvents) {
  const ResultsSummary read = summarise(
      "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\","
      "\"Elapsed\":0.5}\n{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"B\"}\n{\"Action\":\"fail\",\"Package\":"
      "\"p\",\"Test\":\"B\",\"Elapsed\":0.25}\n{\"Action\":\"fail\",\"Package\":\"p\",\"Elapsed\":1}\n",
      {.names = true});
  EXPECT_EQ(read.format, "go-json");
  EXPECT_EQ(figures(read.totals), "2=1+1+0 flaky 0 further 0 time 0.75");
  EXPECT_EQ(read.cases.size(), 2U);
  EXPECT_EQ(read.failed.size(), 1U);
}

TEST(Summary, RerunsInAStreamOfGoCountOnce) {
  const auto line = [](std::string_view action, std::string_view test) {
    return fmt::format("{{\"Action\":\"{}\",\"Package\":\"p\"{}}}\n", action,
                       test.empty() ? "" : fmt::format(",\"Test\":\"{}\"", test));
  };
  const std::string first =
      line("run", "A") + line("fail", "A") + line("run", "B") + line("pass", "B") + line("fail", "");
  EXPECT_EQ(figures(summarise(first + line("run", "A") + line("pass", "A") + line("pass", ""), {}).totals),
            "2=2+0+0 flaky 1 further 1 time -");
  EXPECT_EQ(figures(summarise(first + line("run", "A") + line("fail", "A") + line("fail", ""), {}).totals),
            "2=1+1+0 flaky 0 further 1 time -");
  EXPECT_EQ(figures(summarise(first + line("run", "A") + line("pass", "A") + line("run", "B") + line("pass", "B") +
                                  line("pass", ""),
                              {})
                        .totals),
            "4=3+1+0 flaky 0 further 0 time -")
      << "the whole package ran once more";
}

TEST(Summary, OtherFormatsAreNamed) {
  const auto message = [](std::string_view text) { return summarise(text, {}).diagnostics.at(0).message; };
  EXPECT_EQ(message("{\"protocolVersion\":\"0.1.1\"}\n{\"text\":\"<fn> was\"}\n"),
            "this is Dart JSON, not a JUnit report");
  EXPECT_EQ(message("SQLite format 3 <x"), "this is an SQLite database, not a JUnit report");
  EXPECT_EQ(message("{\n \"numTotalTestSuites\": 2, \"x\": \"<b>\"}"),
            "this is the JSON of jest or vitest, not a JUnit report");
  EXPECT_EQ(message("<coverage profilerVersion='1'><module/>"),
            "this is a coverage report of a kind that is not read, not a JUnit report");
}

TEST(Summary, ASourceThatCannotBeReadIsAnError) {
  EXPECT_FALSE(FileSource::open("/no/such/file"));
  auto folder = FileSource::open("/");
  ASSERT_TRUE(folder);
  EXPECT_FALSE(summarise_results(*folder, "/", kFormats, {}));
}

// --- the pull reader against the reader of events ---------------------------------------------------

struct Seen {
  std::string name, classname;
  Outcome outcome = Outcome::passed;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> by_events(std::string_view text) {
  std::vector<Seen> seen;
  std::string last;
  for (const model::ResultEvent& event : transcribe(make_junit_reader, text).events) {
    const auto* ended = std::get_if<model::TestEnded>(&event);
    if (ended == nullptr) continue;
    const std::string ordinal = ended->key.substr(0, ended->key.find(" attempt"));
    if (ordinal == last) seen.pop_back();  // a further attempt of the same case
    last = ordinal;
    seen.push_back({ended->test.name, ended->test.classname, ended->attempt.outcome});
  }
  return seen;
}

std::vector<Seen> by_pull(std::string_view text, std::size_t piece) {
  std::vector<Seen> seen;
  TextSource source(text, piece);
  JunitPull pull(source, "r.xml");
  while (const JunitCaseView* test = pull.next()) {
    if (test->of_suite)
      seen.push_back({test->name.empty() ? "test suite" : std::string(test->name), std::string(test->suite_path),
                      test->verdict.outcome});
    else
      seen.push_back({pull.text(test->name), pull.classname(*test), test->verdict.outcome});
  }
  return seen;
}

std::string damaged(std::string text, std::mt19937& random) {
  constexpr std::string_view kBytes = "<>\"'/&= \n-]";
  for (unsigned edits = static_cast<unsigned>(random() % 5); edits > 0; --edits) {
    const std::size_t at = random() % text.size();
    if (random() % 3 == 0)
      text.erase(at, random() % 20);
    else if (random() % 2 == 0)
      text[at] = kBytes[random() % kBytes.size()];
    else
      text.insert(at, text.substr(random() % text.size(), random() % 40));
  }
  return text;
}

TEST(JunitPull, GivesWhatTheReaderOfEventsGives) {
  const std::string whole =
      "<testsuites><testsuite name='o' file='f.py'><testcase classname='m' name='a&lt;' time='1'/><testcase name='b'>"
      "<failure message='x &amp; y'>t</failure><system-out>out</system-out></testcase><testsuite name=\"in\"><testcase "
      "name='c'>  <error>boom</error></testcase><error message='e'>text</error></testsuite><testcase name='d' "
      "status='notrun'/><testcase name='e'><rerunError/></testcase></testsuite></testsuites>";
  std::mt19937 random(20240229);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = damaged(whole, random);
    const std::vector<Seen> expected = by_events(text);
    ASSERT_EQ(by_pull(text, 1 + random() % 50), expected) << text;
    ASSERT_EQ(by_pull(text, SIZE_MAX), expected) << text;
  }
}

TEST(JunitPull, ViewsOutliveTheWindow) {
  std::string text = "<testsuite name='s'>";
  for (int i = 0; i < 2000; ++i)
    text += fmt::format("<testcase classname=\"c{0}\" name=\"n{0}\"><system-out>{1}</system-out></testcase>", i,
                        std::string(static_cast<std::size_t>(i) % 1500, 'x'));
  text += "<testcase name='" + std::string(700'000, 'n') + "'><failure>" + std::string(3'000'000, 'f') +
          "</failure></testcase></testsuite>";
  TextSource source(text, 10'000);
  JunitPull pull(source, "r.xml");
  for (int i = 0; i < 2000; ++i) {
    const JunitCaseView* test = pull.next();
    ASSERT_NE(test, nullptr);
    ASSERT_EQ(test->name, fmt::format("n{}", i));
    ASSERT_EQ(test->classname, fmt::format("c{}", i));
  }
  const JunitCaseView* test = pull.next();
  ASSERT_NE(test, nullptr);
  EXPECT_EQ(test->name.size(), 700'000U);
  EXPECT_EQ(test->verdict.outcome, Outcome::failed);
  EXPECT_EQ(pull.next(), nullptr);
  EXPECT_THAT(pull.diagnostics(), IsEmpty());
}

TEST(JunitPull, ReadsUtf16InPieces) {
  std::string text = "\xFF\xFE";
  for (const char c :
       std::string("<testsuite name='s'><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>"))
    text += c, text += '\0';
  for (const std::size_t piece : {1U, 2U, 3U, 300U}) EXPECT_THAT(by_pull(text, piece), SizeIs(2)) << piece;
}

}  // namespace
}  // namespace rh::collectors
