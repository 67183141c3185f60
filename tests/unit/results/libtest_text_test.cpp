#include <gmock/gmock.h>

#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

Transcript read(std::string_view text) {
  return transcribe_every_way(make_libtest_text_reader, text,
                              {.subject = "stdout", .scope = "demo doctests", .suite_root = "/repo"});
}

TEST(LibtestText, ReadsDoctests) {
  const Transcript seen = read(read_data("doctest_2021.txt"));
  EXPECT_EQ(std::get<model::TestsExpected>(seen.events.at(0)).count, 6U);
  EXPECT_EQ(seen.count_ended(), 6U);
  const model::TestEnded* failed = seen.ended("src/lib.rs - add (line 5)");
  EXPECT_EQ(failed->attempt.outcome, Outcome::failed);
  EXPECT_EQ(failed->test.file, "src/lib.rs");
  EXPECT_EQ(failed->test.line, 5U);
  EXPECT_EQ(failed->attempt.message, "assertion `left == right` failed, left: 3, right: 4");
  EXPECT_THAT(failed->attempt.details, StartsWith("Test executable failed (exit status: 101)."));
  EXPECT_EQ(seen.ended("src/lib.rs - add (line 8)")->attempt.outcome, Outcome::passed) << "compile fail";
  EXPECT_EQ(seen.ended("src/lib.rs - add (line 14)")->attempt.outcome, Outcome::skipped);
  ASSERT_THAT(seen.finished(), SizeIs(1));
  EXPECT_EQ(seen.finished()[0].passed, 4U);
  EXPECT_THAT(seen.finished()[0].text, StartsWith("test result: FAILED. 4 passed"));
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(LibtestText, MergedDoctestsHaveTwoBlocks) {
  const Transcript seen = read(read_data("doctest_2024.txt"));
  EXPECT_EQ(seen.count_ended(), 6U);
  EXPECT_THAT(seen.finished(), SizeIs(2));
  EXPECT_EQ(seen.ended("src/lib.rs - add (line 17)")->attempt.outcome, Outcome::passed) << "should panic";
  EXPECT_EQ(seen.ended("src/lib.rs - add (line 5)")->test.line, 5U) << "the name's line, not the wrapper's";
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(LibtestText, StreamThatStopsIsAnError) {
  const Transcript seen = read("\nrunning 2 tests\ntest a ... FAILED\n");
  EXPECT_EQ(seen.ended("a")->attempt.outcome, Outcome::failed);
  ASSERT_THAT(seen.diagnostics("libtest-stream-stopped"), SizeIs(1));
  EXPECT_THAT(seen.diagnostics()[0].message, HasSubstr("1 of 2"));
  EXPECT_THAT(read("running 1 test\nrunning 1 test\ntest a ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored;\n")
                  .diagnostics("libtest-stream-stopped"),
              SizeIs(1));
}

TEST(LibtestText, IgnoredWithReasonAndTimes) {
  const Transcript seen = read(
      "running 2 tests\ntest a ... ignored, not on Linux\ntest b ... ok <0.012s>\n"
      "test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n");
  EXPECT_EQ(seen.ended("a")->attempt.message, "not on Linux");
  EXPECT_EQ(seen.ended("b")->attempt.outcome, Outcome::passed);
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(LibtestText, CountsThatDisagreeAreNamed) {
  EXPECT_THAT(read("running 2 tests\ntest a ... ok\ntest result: ok. 2 passed; 0 failed; 0 ignored;\n")
                  .diagnostics("libtest-count-mismatch"),
              SizeIs(1));
}

TEST(LibtestText, OutputOfFailedTestsIsNotReadAsResults) {
  const Transcript seen = read(
      "running 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\ntest b ... ok\nrunning 5 tests\n"
      "Error: \"bad\"\n\nfailures:\n    a\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored;\n");
  EXPECT_EQ(seen.count_ended(), 1U);
  EXPECT_EQ(seen.ended("a")->attempt.message, "Error: \"bad\"");
}

TEST(LibtestText, NothingMeansNothing) { EXPECT_THAT(read("hello\ntest x ... ok\n").events, IsEmpty()); }

TEST(LibtestText, SurvivesMutations) {
  survive_mutations(make_libtest_text_reader, read_data("doctest_2024.txt"), 200);
}

}  // namespace
}  // namespace rh::collectors
