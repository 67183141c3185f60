#include <gmock/gmock.h>

#include "collectors/results/line_splitter.h"
#include "collectors/results/rust_panic.h"
#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Transcript read(std::string_view text) {
  return transcribe_every_way(make_libtest_json_reader, text,
                              {.subject = "stdout", .scope = "demo", .suite_root = "/repo"});
}

TEST(LibtestJson, ReadsARealRun) {
  const Transcript seen = read(read_data("libtest.jsonl"));
  EXPECT_EQ(std::get<model::TestsExpected>(seen.events.at(0)).count, 9U);
  EXPECT_EQ(seen.count_ended(), 9U);
  EXPECT_THAT(seen.open(), IsEmpty());
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
  EXPECT_EQ(seen.ended("tests::ok")->attempt.outcome, Outcome::passed);
  EXPECT_EQ(seen.ended("tests::ok")->attempt.duration, std::chrono::nanoseconds(2213));
  EXPECT_EQ(seen.ended("tests::ok")->test.classname, "demo");
  EXPECT_EQ(seen.ended("tests::raw")->attempt.outcome, Outcome::passed) << "behind raw bytes on one line";
  EXPECT_EQ(seen.ended("tests::ign")->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(seen.ended("tests::ign")->attempt.message, "slow one");
  const model::TestEnded* fails = seen.ended("tests::fails");
  EXPECT_EQ(fails->attempt.message, "assertion `left == right` failed: sum of 1, left: 3, right: 4");
  EXPECT_EQ(fails->test.file, "src/lib.rs");
  EXPECT_EQ(fails->test.line, 25U);
  EXPECT_THAT(fails->attempt.standard_output, HasSubstr("out before"));
  EXPECT_EQ(seen.ended("tests::errs")->attempt.message, "Error: \"boom\"");
  EXPECT_EQ(seen.ended("tests::sp_wrong")->attempt.message, "panic did not contain expected string");
  ASSERT_THAT(seen.finished(), SizeIs(1));
  EXPECT_EQ(seen.finished()[0].tests, 9U);
  EXPECT_EQ(seen.finished()[0].failed, 4U);
  EXPECT_EQ(seen.finished()[0].skipped, 2U);
}

TEST(LibtestJson, AbortLeavesTheCulpritOpen) {
  const Transcript seen = read(read_data("libtest_abort.jsonl"));
  EXPECT_THAT(seen.open(), ElementsAre("b_abort"));
  EXPECT_EQ(seen.ended("a_ok")->attempt.outcome, Outcome::passed);
  EXPECT_THAT(seen.diagnostics("libtest-stream-stopped"), SizeIs(1));
  EXPECT_THAT(seen.finished(), IsEmpty());
}

TEST(LibtestJson, OverlongOutputKeepsTheResult) {
  const std::string big(2 * kMaxLineBytes, 'x');
  const std::string text = R"({ "type": "test", "name": "a", "event": "failed", "exec_time": 1.5, "stdout": ")" + big +
                           "\" }\n" + big + R"({ "type": "test", "name": "b", "event": "ok" })" + "\n";
  const Transcript seen = transcribe(make_libtest_json_reader, text);
  EXPECT_EQ(transcribe(make_libtest_json_reader, text, {}, 777).lines(), seen.lines());
  EXPECT_EQ(seen.ended("a")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(seen.ended("b")->attempt.outcome, Outcome::passed);
}

TEST(LibtestJson, RawLinesAreSkipped) {
  const Transcript seen = read(
      "hello\n{not "
      "json}\n{\"type\":\"unknown\"}\n[1]\n\xff\xfe\n{\"type\":\"test\",\"name\":\"a\",\"event\":\"ok\"}\n");
  EXPECT_EQ(seen.count_ended(), 1U);
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(LibtestJson, ForgedResultIsAContradiction) {
  const std::string passed = R"({"type":"test","name":"a","event":"ok"})"
                             "\n";
  const std::string failed = R"({"type":"test","name":"a","event":"failed"})"
                             "\n";
  const Transcript forged = read(passed + failed);
  EXPECT_THAT(forged.diagnostics("contradictory-result"), SizeIs(1));
  EXPECT_EQ(forged.ended("a")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(read(failed + passed).ended("a")->attempt.outcome, Outcome::failed);
  EXPECT_THAT(read(passed + passed).diagnostics("duplicate-result"), SizeIs(1));
}

TEST(LibtestJson, TimeLimitAndBenchmark) {
  const Transcript seen = read(R"({"type":"test","name":"a","event":"failed","reason":"time limit exceeded"})"
                               "\n"
                               R"({"type":"test","name":"b","event":"timeout"})"
                               "\n"
                               R"({"type":"bench","name":"c","median":1,"deviation":2})"
                               "\n");
  EXPECT_EQ(seen.ended("a")->attempt.outcome, Outcome::timed_out);
  EXPECT_EQ(seen.ended("b"), nullptr);
  EXPECT_EQ(seen.ended("c")->attempt.outcome, Outcome::passed);
}

TEST(RustPanic, ReadsOldAndNewForms) {
  RustFailure failure =
      find_rust_failure("thread 'x' panicked at 'boom, at last', src/a.rs:3:9\nnote: run with\n", "x");
  EXPECT_EQ(failure.message, "boom, at last");
  EXPECT_EQ(failure.file, "src/a.rs");
  EXPECT_EQ(failure.line, 3U);
  failure =
      find_rust_failure("thread 'x' (12) panicked at /rustc/abc/library/core/src/option.rs:1:2:\nnone\nmore\n", "x");
  EXPECT_EQ(failure.message, "none");
  EXPECT_EQ(failure.file, "");
  EXPECT_EQ(find_rust_failure("nothing of the kind", "x").message, "");
}

TEST(RustPanic, TheTestsOwnLastPanicCounts) {
  constexpr std::string_view kOutput =
      "thread '<unnamed>' (3) panicked at src/a.rs:1:1:\nexpected\nthread 'm::x' (2) panicked at "
      "src/a.rs:2:1:\ncaught\n"
      "thread 'm::x' (2) panicked at src/a.rs:3:1:\nreal\nthread '<unnamed>' (4) panicked at src/a.rs:4:1:\nlate\n";
  EXPECT_EQ(find_rust_failure(kOutput, "m::x").message, "real");
  EXPECT_EQ(find_rust_failure(kOutput, "m::x").line, 3U);
  EXPECT_EQ(find_rust_failure(kOutput, "m::other").message, "expected") << "no panic of its own: the first";
}

TEST(RustPanic, AMissingPanicHasThePlaceOfItsTest) {
  RustFailure failure;
  locate_rust_note(failure, "test did not panic as expected at a/src/lib.rs:26:29");
  EXPECT_EQ(failure.file, "a/src/lib.rs");
  EXPECT_EQ(failure.line, 26U);
}

TEST(LibtestJson, SurvivesMutations) { survive_mutations(make_libtest_json_reader, read_data("libtest.jsonl"), 150); }

}  // namespace
}  // namespace rh::collectors
