#include <gmock/gmock.h>

#include "collectors/results/line_splitter.h"
#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using model::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Transcript read(std::string_view text) {
  return transcribe_every_way(make_rh_events_reader, text, {.subject = "events", .scope = {}, .suite_root = "/repo"});
}

std::string begin(std::string_view key, int pid, int t = 100) {
  return "{\"e\":\"begin\",\"t\":" + std::to_string(t) + ",\"pid\":" + std::to_string(pid) + ",\"key\":\"" +
         std::string(key) + "\",\"name\":\"" + std::string(key) + "\",\"file\":\"/repo/t.py\",\"line\":3}\n";
}
std::string end(std::string_view key, int pid, int t = 300) {
  return "{\"e\":\"end\",\"t\":" + std::to_string(t) + ",\"pid\":" + std::to_string(pid) + ",\"key\":\"" +
         std::string(key) + "\",\"cpu_ns\":50,\"peak_bytes\":4096,\"scope\":\"exact_window\"}\n";
}
std::string result(std::string_view key, int pid, std::string_view outcome, std::string_view more = "") {
  return "{\"e\":\"result\",\"t\":1,\"pid\":" + std::to_string(pid) + ",\"key\":\"" + std::string(key) +
         "\",\"name\":\"" + std::string(key) + "\",\"outcome\":\"" + std::string(outcome) + "\"" + std::string(more) +
         "}\n";
}

TEST(RhEvents, JoinsBeginResultAndEnd) {
  const Transcript seen = read(begin("a", 7) + result("a", 7, "passed", ",\"duration_ns\":150") + end("a", 7));
  ASSERT_THAT(seen.events, SizeIs(2));
  const auto& began = std::get<model::TestBegan>(seen.events[0]);
  EXPECT_EQ(began.at, std::chrono::nanoseconds(100));
  EXPECT_EQ(began.pid, 7);
  EXPECT_EQ(began.test.file, "t.py");
  EXPECT_EQ(began.test.line, 3U);
  const auto& ended = std::get<model::TestEnded>(seen.events[1]);
  EXPECT_EQ(ended.key, began.key);
  EXPECT_EQ(ended.attempt.duration, std::chrono::nanoseconds(150));
  EXPECT_EQ(ended.attempt.start, std::chrono::nanoseconds(100));
  EXPECT_EQ(ended.attempt.usage.cpu.value, std::chrono::nanoseconds(50));
  EXPECT_EQ(ended.attempt.usage.cpu.scope, model::Scope::exact_window);
  EXPECT_EQ(ended.attempt.usage.peak_memory.value, 4096U);
}

TEST(RhEvents, ResultAfterItsEndFromAnotherProcess) {
  const Transcript seen = read(begin("a", 7) + end("a", 7) +
                               result("a", 1, "failed", ",\"message\":\"\\n\\u001b[31mboom\\u001b[0m\\nmore\""));
  ASSERT_NE(seen.ended("a"), nullptr);
  EXPECT_EQ(seen.ended("a")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(seen.ended("a")->attempt.pid, 7);
  EXPECT_EQ(seen.ended("a")->attempt.duration, std::chrono::nanoseconds(200)) << "from begin to end";
  EXPECT_EQ(seen.ended("a")->attempt.message, "boom");
  EXPECT_EQ(seen.ended("a")->attempt.details, "\nboom\nmore");
}

TEST(RhEvents, ResultWithoutBeginComesAtOnce) {
  const Transcript seen = read(result("s", 7, "skipped") + begin("a", 7));
  EXPECT_EQ(seen.ended("s")->attempt.outcome, Outcome::skipped);
  EXPECT_FALSE(seen.ended("s")->attempt.usage.cpu.value);
  EXPECT_THAT(seen.ended("s")->attempt.usage.cpu.reason, HasSubstr("no begin"));
  EXPECT_TRUE(std::holds_alternative<model::TestEnded>(seen.events[0]));
}

TEST(RhEvents, ResultWhoseEndNeverComesIsReleasedByTheNextBegin) {
  const Transcript seen = read(begin("a", 7) + result("a", 1, "skipped") + begin("b", 7) + begin("c", 8));
  ASSERT_THAT(seen.events, SizeIs(4));
  EXPECT_EQ(std::get<model::TestEnded>(seen.events[1]).test.name, "a");
  EXPECT_THAT(seen.open(), ElementsAre("b", "c"));
}

TEST(RhEvents, ResultWithoutEndIsReleasedByFinishAndByTheEndOfTheStream) {
  const Transcript one =
      read(begin("a", 7) + result("a", 7, "passed") + "{\"e\":\"finish\",\"tests\":1,\"passed\":1}\n");
  EXPECT_TRUE(std::holds_alternative<model::TestEnded>(one.events[1]));
  EXPECT_EQ(one.finished().at(0).tests, 1U);
  EXPECT_FALSE(one.finished().at(0).failed);
  const Transcript two = read(begin("a", 7) + begin("b", 8) + result("a", 7, "passed") + result("b", 8, "failed"));
  EXPECT_EQ(two.count_ended(), 2U);
}

TEST(RhEvents, SkipOfATestThatItsProcessLeftBehindIsNotHeld) {
  const Transcript seen = read(begin("a", 7) + begin("b", 7) + result("a", 1, "skipped") + begin("c", 8));
  EXPECT_TRUE(std::holds_alternative<model::TestEnded>(seen.events[2]));
}

TEST(RhEvents, DeadProcessLeavesItsTestOpen) {
  const Transcript seen =
      read(begin("a", 7) + result("a", 7, "passed") + end("a", 7) + begin("b", 7) + begin("c", 8) + end("c", 8));
  EXPECT_THAT(seen.open(), ElementsAre("b", "c"));
}

TEST(RhEvents, NestedTestsKeepTheirEnds) {
  const Transcript seen = read(begin("p", 7) + begin("p > c", 7) + end("p > c", 7) + result("p > c", 1, "passed") +
                               end("p", 7) + result("p", 1, "failed"));
  EXPECT_TRUE(seen.ended("p")->attempt.usage.cpu.value);
  EXPECT_TRUE(seen.ended("p > c")->attempt.usage.cpu.value);
}

TEST(RhEvents, TwoWorkersRunningOneNameStayApart) {
  const Transcript seen = read(begin("a", 7) + begin("a", 8) + result("a", 7, "passed") + end("a", 7) +
                               result("a", 8, "failed") + end("a", 8));
  EXPECT_EQ(seen.count_ended(), 2U);
  EXPECT_THAT(seen.open(), IsEmpty());
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(RhEvents, ContradictionIsAnErrorAndTheWorseResultCounts) {
  const Transcript forged = read(begin("a", 7) + result("a", 7, "passed") + result("a", 7, "failed") + end("a", 7));
  ASSERT_THAT(forged.diagnostics("contradictory-result"), SizeIs(1));
  EXPECT_EQ(forged.diagnostics()[0].severity, Severity::error);
  EXPECT_EQ(forged.count_ended(), 1U);
  EXPECT_EQ(forged.ended("a")->attempt.outcome, Outcome::failed);
  const Transcript late = read(begin("a", 7) + result("a", 7, "passed") + end("a", 7) + result("a", 7, "failed"));
  EXPECT_EQ(late.ended("a")->attempt.outcome, Outcome::failed);
  const Transcript whitewash = read(begin("a", 7) + result("a", 7, "failed") + end("a", 7) + result("a", 7, "passed"));
  EXPECT_THAT(whitewash.diagnostics("contradictory-result"), SizeIs(1));
  EXPECT_EQ(whitewash.ended("a")->attempt.outcome, Outcome::failed);
}

TEST(RhEvents, SameResultTwiceCountsOnceAndAnotherAttemptCounts) {
  EXPECT_THAT(read(result("a", 7, "passed") + result("a", 7, "passed")).diagnostics("duplicate-result"), SizeIs(1));
  const Transcript retried = read(result("a", 7, "failed") + result("a", 7, "passed", ",\"attempt\":2"));
  EXPECT_EQ(retried.count_ended(), 2U);
  EXPECT_EQ(retried.ended("a")->attempt.number, 2U);
  EXPECT_THAT(retried.diagnostics(), IsEmpty());
}

TEST(RhEvents, ErrorsCountLikeTests) {
  const Transcript seen = read(
      "{\"e\":\"error\",\"file\":\"/repo/bad.py\",\"message\":\"collection failure\",\"details\":\"x\"}\n"
      "{\"e\":\"error\",\"message\":\"late\"}\n");
  EXPECT_EQ(seen.ended("bad.py")->attempt.outcome, Outcome::errored);
  EXPECT_EQ(seen.ended("bad.py")->test.classname, "");
  EXPECT_EQ(seen.ended("bad.py")->test.kind, model::TestKind::test);
  EXPECT_NE(seen.ended("outside of any test"), nullptr);
}

TEST(RhEvents, UnknownFiguresSayWhy) {
  const Transcript seen = read(begin("a", 7) + result("a", 7, "passed") +
                               "{\"e\":\"end\",\"t\":2,\"pid\":7,\"key\":\"a\",\"cpu_ns\":9,\"peak_bytes\":null,"
                               "\"peak_reason\":\"clear_refs not permitted\"}\n");
  const model::TestUsage& usage = seen.ended("a")->attempt.usage;
  EXPECT_EQ(usage.cpu.scope, model::Scope::shared_window) << "no scope given: the weaker claim";
  EXPECT_FALSE(usage.peak_memory.value);
  EXPECT_EQ(usage.peak_memory.reason, "clear_refs not permitted");
}

TEST(RhEvents, DamagedLinesAreNamedByOffset) {
  const std::string first = result("a", 7, "passed");
  const Transcript seen = read(first + "garbage\n" + "{\"e\":\"nonsense\"}\n" + result("b", 7, "great") +
                               "{\"e\":\"begin\"}\n" + result("c", 7, "passed").substr(0, 40));
  EXPECT_EQ(seen.count_ended(), 1U);
  ASSERT_THAT(seen.diagnostics("events-damaged"), SizeIs(4));
  EXPECT_THAT(seen.diagnostics("events-damaged")[0].message, HasSubstr("byte " + std::to_string(first.size())));
  EXPECT_THAT(seen.diagnostics("events-truncated"), SizeIs(1));
}

TEST(RhEvents, LastLineWithoutNewlineCountsWhenItIsWhole) {
  std::string line = result("a", 7, "passed");
  line.pop_back();
  EXPECT_EQ(read(line).count_ended(), 1U);
}

TEST(RhEvents, ManyDamagedLinesAreCounted) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "x\n";
  const auto diagnostics = read(text).diagnostics("events-damaged");
  EXPECT_THAT(diagnostics, SizeIs(21));
  EXPECT_THAT(diagnostics.back().message, HasSubstr("80 further lines"));
}

TEST(RhEvents, OverlongLineKeepsItsResult) {
  const std::string text = begin("a", 7) +
                           result("a", 7, "failed", ",\"stdout\":\"" + std::string(2 * kMaxLineBytes, 'x') + "\"") +
                           end("a", 7);
  const Transcript seen = transcribe(make_rh_events_reader, text);
  EXPECT_EQ(transcribe(make_rh_events_reader, text, {}, 1000).lines(), seen.lines());
  EXPECT_EQ(seen.ended("a")->attempt.outcome, Outcome::failed);
  EXPECT_LT(seen.ended("a")->attempt.standard_output.size(), 70'000U);
  EXPECT_THAT(seen.diagnostics("events-line-too-long"), SizeIs(1));
}

TEST(RhEvents, LooseWritersAreRead) {
  const Transcript seen =
      read(result("a", 7, "failed", ",\"message\":\"lone \\udcff, pair \\ud83d\\ude00, raw \xff \x01\""));
  EXPECT_EQ(seen.ended("a")->attempt.message, "lone \xEF\xBF\xBD, pair \xF0\x9F\x98\x80, raw \xEF\xBF\xBD");
}

TEST(RhEvents, OtherVersionIsAnError) {
  EXPECT_THAT(read("{\"e\":\"session\",\"runner\":\"x\",\"v\":1}\n").events, IsEmpty());
  EXPECT_THAT(read("{\"e\":\"session\",\"runner\":\"x\",\"v\":2}\n").diagnostics("events-version"), SizeIs(1));
}

TEST(RhEvents, SurvivesMutations) {
  survive_mutations(make_rh_events_reader,
                    "{\"e\":\"expected\",\"count\":2}\n" + begin("a", 7) + result("a", 7, "passed") + end("a", 7) +
                        result("b", 7, "failed", ",\"message\":\"\\u001b\\ud800\"") +
                        "{\"e\":\"finish\",\"tests\":2}\n",
                    600);
}

}  // namespace
}  // namespace rh::collectors
