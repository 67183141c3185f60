#include <gmock/gmock.h>

#include "collectors/results/tap_line.h"
#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using model::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Transcript read(std::string_view text) {
  return transcribe_every_way(make_tap_reader, text, {.subject = "r.tap", .scope = {}, .suite_root = "/repo"});
}

std::vector<std::string> codes(const Transcript& seen) {
  std::vector<std::string> found;
  for (const model::Diagnostic& each : seen.diagnostics()) found.push_back(each.code);
  return found;
}

Outcome outcome(const Transcript& seen, std::string_view name) {
  const model::TestEnded* ended = seen.ended(name);
  EXPECT_NE(ended, nullptr) << name;
  return ended == nullptr ? Outcome::not_run : ended->attempt.outcome;
}

TEST(Tap, PointsAndDirectives) {
  const Transcript seen = read(
      "TAP version 13\n1..9\nok 1 - plain\nnot ok 2 bad\nok 3 # SKIP no network\nnot ok 4 - later # TODO not yet\n"
      "ok 5 - early # todo\nok\nnot ok 7 - gone # skip: x\nok 8 - with \\# sign # time=12.5ms\nok 9 - is # not one\n");
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.count_ended(), 9U);
  EXPECT_EQ(outcome(seen, "plain"), Outcome::passed);
  EXPECT_EQ(outcome(seen, "bad"), Outcome::failed);
  EXPECT_EQ(outcome(seen, "test 3"), Outcome::skipped);
  EXPECT_EQ(seen.ended("test 3")->attempt.message, "no network");
  EXPECT_EQ(outcome(seen, "later"), Outcome::expected_failure);
  EXPECT_EQ(outcome(seen, "early"), Outcome::unexpected_pass);
  EXPECT_EQ(outcome(seen, "test 6"), Outcome::passed);
  EXPECT_EQ(outcome(seen, "gone"), Outcome::skipped);
  EXPECT_EQ(seen.ended("with # sign")->attempt.duration, std::chrono::microseconds(12'500));
  EXPECT_EQ(outcome(seen, "is # not one"), Outcome::passed);
}

TEST(Tap, PlansThatDoNotHoldAreErrors) {
  const auto message = [](std::string_view text) {
    const Transcript seen = read(text);
    EXPECT_THAT(codes(seen), ElementsAre("tap-plan")) << text;
    EXPECT_EQ(seen.diagnostics().at(0).severity, Severity::error);
    return seen.diagnostics().at(0).message;
  };
  EXPECT_THAT(message("1..3\nok 1\nok 2\n"), HasSubstr("3 tests were planned and 2 ran: results are lost"));
  EXPECT_THAT(message("1..1\nok 1\nok 2\n"), HasSubstr("the plan is wrong"));
  EXPECT_THAT(message("ok 1\nok 2\n"), HasSubstr("without a plan"));
  EXPECT_THAT(message("TAP version 14\n"), HasSubstr("without a plan"));
  EXPECT_THAT(message("1..1\n1..1\nok 1\n"), HasSubstr("second plan at line 2"));
  EXPECT_THAT(codes(read("ok 1\nok 2\n1..2\n")), IsEmpty()) << "a plan may come last";
  const Transcript none = read("1..0 # SKIP no database\n");
  EXPECT_THAT(codes(none), ElementsAre("tap-no-cases"));
  EXPECT_THAT(none.diagnostics()[0].message, HasSubstr("no database"));
  EXPECT_THAT(codes(read("1..2\nok 2\nok 1\n")), ElementsAre("tap-numbers"));
}

TEST(Tap, BailOutEndsEverything) {
  const Transcript seen = read("1..3\nok 1 - a\nBail out! no disk\nok 2 - b\n");
  EXPECT_EQ(seen.count_ended(), 1U);
  EXPECT_THAT(codes(seen), ElementsAre("tap-bail-out"));
  EXPECT_THAT(seen.diagnostics()[0].message, HasSubstr("no disk"));
}

TEST(Tap, SubtestsAreTheTests) {
  const Transcript seen = read(
      "TAP version 14\n# Subtest: outer\n    # Subtest: inner\n        ok 1 - deep\n        not ok 2 - wrong\n        "
      "1..2\n"
      "    not ok 1 - inner\n    ok 2 - beside\n    1..2\nnot ok 1 - outer\nok 2 - alone\n1..2\n");
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.count_ended(), 4U);
  EXPECT_EQ(seen.ended("deep")->test.classname, "outer > inner");
  EXPECT_EQ(seen.ended("beside")->test.classname, "outer");
  EXPECT_EQ(outcome(seen, "wrong"), Outcome::failed);
  EXPECT_EQ(outcome(seen, "alone"), Outcome::passed);
  EXPECT_EQ(seen.ended("outer"), nullptr) << "it only sums up";
}

TEST(Tap, ASubtestThatFailedByItselfCounts) {
  const Transcript seen = read("    ok 1 - a\n    1..2\nnot ok 1 - outer\n1..1\n");
  EXPECT_EQ(outcome(seen, "outer"), Outcome::failed);
  EXPECT_THAT(codes(seen), ElementsAre("tap-plan"));
  EXPECT_EQ(outcome(read("# Subtest: s\n    1..0 # SKIP x\nok 1 - s # SKIP x\n1..1\n"), "s"), Outcome::skipped);
}

TEST(Tap, YamlBlocksExplain) {
  const Transcript seen = read(
      "TAP version 13\nnot ok 1 - a\n  ---\n  duration_ms: 4.5\n  location: '/repo/t/a.test.js:12:3'\n  failureType: "
      "'testCodeFailure'\n  error: |-\n    Expected values to be equal\n    more\n  ...\nnot ok 2 - b\n  ---\n  "
      "message: "
      "\"no: good\"\n  at:\n    file: t/b.js\n    line: 7\n  ---\nok 3 - c\n1..3\n");
  const model::TestEnded* a = seen.ended("a");
  EXPECT_EQ(a->attempt.message, "Expected values to be equal");
  EXPECT_EQ(a->attempt.duration, std::chrono::microseconds(4500));
  EXPECT_EQ(a->test.file, "t/a.test.js");
  EXPECT_EQ(a->test.line, 12U);
  EXPECT_EQ(seen.ended("b")->attempt.message, "no: good");
  EXPECT_EQ(seen.ended("b")->test.line, 7U);
  EXPECT_EQ(outcome(seen, "c"), Outcome::passed) << "a block that is not closed ends with its indentation";
}

TEST(Tap, CommentsExplain) {
  const Transcript seen = read(
      "not ok 1 - adds\n#   Failed test 'adds'\n#   at t/sum.t line 9.\n#          got: '3'\n#     expected: '4'\nok "
      "2\n"
      "1..2\n# Looks like you failed 1 test of 2.\n");
  EXPECT_EQ(seen.ended("adds")->attempt.message, "got: '3'");
  EXPECT_EQ(seen.ended("adds")->test.file, "t/sum.t");
  EXPECT_EQ(seen.ended("adds")->test.line, 9U);
  EXPECT_THAT(seen.ended("adds")->attempt.details, HasSubstr("expected: '4'"));
}

TEST(Tap, OutputBetweenLinesIsNone) {
  const Transcript seen =
      read("hello\n1..2\r\nok 1 - a\r\nokay then\nnot okay\n  ok 5 - indented by two\nok 2 - b\r\n");
  EXPECT_EQ(seen.count_ended(), 2U);
  EXPECT_THAT(codes(seen), IsEmpty());
}

TEST(Tap, IsRecognised) {
  EXPECT_TRUE(sniff_tap("TAP version 13\n"));
  EXPECT_TRUE(sniff_tap("# Subtest: x\n    ok 1 - a\n"));
  EXPECT_TRUE(sniff_tap("\n1..4\n"));
  EXPECT_TRUE(sniff_tap("not ok 1 - a\n"));
  EXPECT_TRUE(sniff_tap("TAP Version 13\nok 1\n"));
  EXPECT_TRUE(sniff_tap("pragma +strict\n1..1\nok 1\n"));
  EXPECT_TRUE(sniff_tap("1..3 todo 2 3;\n"));
  EXPECT_TRUE(sniff_tap("\n> demo@1.0.0 test\n> node --test\n\nTAP version 13\n"));
  EXPECT_TRUE(sniff_tap("prove output\nok 1 - a\n1..1\n"));
  EXPECT_FALSE(sniff_tap("prove output\nok 1 - a\n")) << "a point alone may be any log";
  EXPECT_FALSE(sniff_tap("<system-out>\nTAP version 13\n"));
  EXPECT_FALSE(sniff_tap("#!/bin/sh\ncat <<E\n1..1\nok 1\nE\n"));
  EXPECT_FALSE(sniff_tap("1..3 todo two\n"));
  EXPECT_FALSE(sniff_tap("ok then\n"));
  EXPECT_FALSE(sniff_tap("1..x\n"));
  EXPECT_FALSE(sniff_tap("<testsuite/>"));
  EXPECT_FALSE(sniff_tap(""));
  EXPECT_THAT(codes(read("<xml/>\n")), ElementsAre("not-tap"));
}

TEST(Tap, PlansMayListWhatIsExpectedToFail) {
  const Transcript seen = read("1..4 todo 2 4;\nok 1 a\nnot ok 2 b\nnot ok 3 c\nok 4 d\n");
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(outcome(seen, "b"), Outcome::expected_failure);
  EXPECT_EQ(outcome(seen, "c"), Outcome::failed);
  EXPECT_EQ(outcome(seen, "d"), Outcome::unexpected_pass);
}

TEST(Tap, SurvivesMutations) {
  survive_mutations(
      make_tap_reader,
      "TAP version 14\n# Subtest: s\n    ok 1 - a # SKIP b\n    not ok 2 - c\n      ---\n      message: |\n        m\n"
      "      ...\n    1..2\nnot ok 1 - s\nok 2 - d # time=1ms\n# c at x line 3.\nBail out! e\n1..2\n",
      500);
}

}  // namespace
}  // namespace rh::collectors
