#include <gmock/gmock.h>

#include "collectors/results/go_failure.h"
#include "collectors/results/go_source.h"
#include "collectors/results/timestamp.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using model::Severity;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

Transcript read(std::string_view text) {
  return transcribe_every_way(make_go_json_reader, text,
                              {.subject = "stdout", .scope = "example.com/demo", .suite_root = "/repo"});
}

// {"Time":"2026-03-01T00:00:00.<ms>Z","Action":...,"Package":"example.com/demo/p","Test":...}
std::string event(int ms, std::string_view action, std::string_view test = "", std::string_view more = "") {
  std::string line = "{\"Time\":\"2026-03-01T00:00:0" + std::to_string(ms / 1000) + "." +
                     std::to_string(1000 + ms % 1000).substr(1) + "Z\",\"Action\":\"" + std::string(action) +
                     "\",\"Package\":\"example.com/demo/p\"";
  if (!test.empty()) line += ",\"Test\":\"" + std::string(test) + "\"";
  return line + std::string(more) + "}\n";
}
std::string output(std::string_view test, std::string_view text) {
  return event(0, "output", test, ",\"Output\":\"" + std::string(text) + "\"");
}

TEST(GoJson, ReadsARealRun) {
  const Transcript seen = read(read_data("go_suite.jsonl"));
  EXPECT_EQ(seen.ended("TestPass")->attempt.outcome, Outcome::passed);
  EXPECT_EQ(seen.ended("TestPass")->test.classname, "example.com/demo");
  const model::TestEnded* skip = seen.ended("TestSkip");
  EXPECT_EQ(skip->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(skip->attempt.message, "not here");
  const model::TestEnded* fail = seen.ended("TestFail");
  EXPECT_EQ(fail->attempt.outcome, Outcome::failed);
  EXPECT_EQ(fail->test.file, "a_test.go");
  EXPECT_EQ(fail->test.line, 4U);
  EXPECT_THAT(fail->attempt.details, HasSubstr("got 3 want 4"));
  EXPECT_THAT(fail->attempt.details, Not(HasSubstr("=== RUN")));
  const model::TestEnded* panic = seen.ended("TestPanic");
  EXPECT_THAT(panic->attempt.message, StartsWith("panic: runtime error: index out of range [3]"));
  EXPECT_EQ(panic->test.file, "a_test.go");
  EXPECT_EQ(panic->test.line, 12U);
  EXPECT_EQ(seen.ended("TestParent")->attempt.message, "subtests failed");
  EXPECT_EQ(seen.ended("TestParent/a/b")->test.parent, "TestParent") << "there is no test TestParent/a";
  EXPECT_EQ(seen.ended("TestParent/one#01")->attempt.outcome, Outcome::passed);
  EXPECT_NEAR(static_cast<double>(seen.ended("TestParent/two")->attempt.duration->count()), 20e6, 6e6);
  EXPECT_EQ(seen.ended("TestFake")->attempt.outcome, Outcome::passed) << "printed result lines are no results";
  EXPECT_FALSE(panic->attempt.start) << "a stored stream has no monotonic times";
  EXPECT_THAT(panic->attempt.usage.cpu.reason, HasSubstr("one process"));
}

TEST(GoJson, NamesWhatWentWrongWithWholePackages) {
  const Transcript seen = read(read_data("go_suite.jsonl"));
  std::vector<std::string> builds;
  for (const model::Diagnostic& each : seen.diagnostics("go-build-failed")) builds.push_back(each.subject);
  EXPECT_THAT(builds, ElementsAre("example.com/demo/bad", "example.com/demo/sub"));
  EXPECT_THAT(seen.diagnostics("go-build-failed")[0].message, HasSubstr("undefined: undefined"));
  EXPECT_EQ(seen.diagnostics("go-build-failed")[0].severity, Severity::error);
  const auto died = seen.diagnostics("go-package-died");
  ASSERT_THAT(died, SizeIs(2));
  EXPECT_THAT(died[0].message, HasSubstr("TestExit"));
  EXPECT_THAT(died[1].message, HasSubstr("init broken"));
  EXPECT_THAT(seen.diagnostics("go-package-panicked"), SizeIs(1));
  ASSERT_THAT(seen.diagnostics("go-test-timeout"), SizeIs(1));
  EXPECT_THAT(seen.diagnostics("go-test-timeout")[0].message, HasSubstr("test timed out after 1s"));
  EXPECT_EQ(seen.ended("TestSlow/in")->attempt.outcome, Outcome::timed_out);
  EXPECT_EQ(seen.ended("TestExit")->attempt.outcome, Outcome::crashed);
  EXPECT_EQ(seen.ended("TestExit")->attempt.message, "its process ended while this test ran");
  EXPECT_TRUE(seen.ended("TestSlow/in")->attempt.duration);
  EXPECT_THAT(seen.open(), IsEmpty());
  EXPECT_THAT(seen.diagnostics("go-stream-stopped"), IsEmpty());
}

TEST(GoJson, BenchmarksAndRepeatedTestsEnd) {
  const Transcript seen = read(read_data("go_bench.jsonl"));
  EXPECT_THAT(seen.open(), IsEmpty());
  EXPECT_THAT(seen.ended("BenchmarkX")->attempt.message, HasSubstr("ns/op"));
  EXPECT_EQ(seen.count_ended(), 8U) << "TestOK, FuzzF and its seed twice, Example, BenchmarkX";
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(GoJson, FailuresInAPackageThatPassedAreInnerFailures) {
  const Transcript seen =
      read(event(0, "start") + event(0, "run", "TestSuite") + output("TestSuite", "    s_test.go:5: boom\\n") +
           event(1, "fail", "TestSuite") + event(2, "pass"));
  EXPECT_EQ(seen.ended("TestSuite")->attempt.outcome, Outcome::expected_failure);
  EXPECT_EQ(seen.ended("TestSuite")->attempt.message, "inner failure, the package passed: boom");
  EXPECT_THAT(seen.diagnostics(), IsEmpty());
}

TEST(GoJson, FailuresHiddenByTestMainAreFailures) {
  const Transcript seen =
      read(event(0, "run", "TestA") + output("TestA", "    s_test.go:5: boom\\n") + event(1, "fail", "TestA") +
           event(1, "output", "", ",\"Output\":\"FAIL\\n\"") +
           event(1, "output", "", ",\"Output\":\"ok  \\texample.com/demo/p\\t0.01s\\n\"") + event(2, "pass"));
  EXPECT_EQ(seen.ended("TestA")->attempt.outcome, Outcome::failed);
  EXPECT_THAT(seen.diagnostics("go-package-contradiction"), SizeIs(1));
}

TEST(GoJson, ProcessThatEndsEarlyWithExitCodeZero) {
  const std::string ok = ",\"Output\":\"ok  \\texample.com/demo/p\\t0.01s\\n\"";
  const Transcript none = read(event(0, "start") + event(1, "output", "", ok) + event(2, "pass"));
  ASSERT_THAT(none.diagnostics("go-tests-not-run"), SizeIs(1));
  const Transcript whole = read(event(0, "start") + event(1, "output", "", ",\"Output\":\"PASS\\n\"") +
                                event(1, "output", "", ok) + event(2, "pass"));
  EXPECT_THAT(whole.diagnostics(), IsEmpty());
  // The verdict of the package carries the name of the test that was running.
  const Transcript inside = read(event(0, "run", "TestA") + event(1, "pass", "TestA") + event(1, "run", "TestB") +
                                 event(2, "output", "TestB", ok) + event(2, "pass", "TestB"));
  EXPECT_EQ(inside.ended("TestA")->attempt.outcome, Outcome::passed);
  EXPECT_EQ(inside.ended("TestB")->attempt.outcome, Outcome::crashed);
  EXPECT_THAT(inside.diagnostics("go-package-died"), SizeIs(1));
  EXPECT_THAT(inside.diagnostics("go-stream-stopped"), IsEmpty());
}

TEST(GoJson, OnlyActiveTestOfADeadProcessIsTheCulprit) {
  const Transcript seen = read(event(0, "run", "TestA") + event(0, "pause", "TestA") + event(1, "run", "TestB") +
                               event(1, "run", "TestB/x") + output("TestB/x", "signal: killed\\n") + event(5, "fail"));
  EXPECT_EQ(seen.ended("TestB/x")->attempt.outcome, Outcome::crashed);
  EXPECT_EQ(seen.ended("TestB/x")->attempt.message, "its process ended while this test ran: signal: killed");
  EXPECT_EQ(seen.ended("TestB/x")->attempt.duration, milliseconds(4));
  EXPECT_THAT(seen.open(), ElementsAre("TestA", "TestB"));
}

TEST(GoJson, DurationLeavesPausesOut) {
  const Transcript seen = read(event(0, "run", "TestA") + event(10, "pause", "TestA") + event(500, "cont", "TestA") +
                               event(523, "pass", "TestA", ",\"Elapsed\":0.03") + event(600, "pass"));
  EXPECT_EQ(seen.ended("TestA")->attempt.duration, milliseconds(33));
}

TEST(GoJson, LateTimeStampsCountWithinElapsed) {
  const Transcript seen =
      read(event(0, "run", "TestA") + event(1, "pass", "TestA", ",\"Elapsed\":0.05") + event(1, "pass"));
  EXPECT_EQ(seen.ended("TestA")->attempt.duration, milliseconds(45));
}

TEST(GoJson, ElapsedCountsWithoutTimeStamps) {
  const Transcript seen = read(
      "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T\"}\n"
      "{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"T\",\"Elapsed\":0.25}\n");
  EXPECT_EQ(seen.ended("T")->attempt.duration, milliseconds(250));
}

TEST(GoJson, LiveStreamHasMonotonicStarts) {
  const Nanoseconds before = monotonic_now();
  std::vector<model::TestBegan> began;
  const auto reader = make_go_json_reader({}, [&](model::ResultEvent each) {
    if (const auto* begin = std::get_if<model::TestBegan>(&each)) began.push_back(*begin);
  });
  reader->feed("{\"Time\":\"" + to_rfc3339(wall_now()) + "\",\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T\"}\n");
  ASSERT_TRUE(began.at(0).at);
  EXPECT_GT(*began[0].at, before - std::chrono::seconds(2));
  EXPECT_LT(*began[0].at, monotonic_now() + std::chrono::seconds(2));
}

TEST(GoJson, ALateBeginningIsNoOverlap) {
  std::map<std::string, model::Attempt> ended;
  const auto reader = make_go_json_reader({}, [&](const model::ResultEvent& each) {
    if (const auto* end = std::get_if<model::TestEnded>(&each)) ended[end->test.name] = end->attempt;
  });
  const auto at = [&, now = wall_now()](int ms, std::string_view action, std::string_view test, std::string more = "") {
    reader->feed("{\"Time\":\"" + to_rfc3339(now + milliseconds(ms)) + "\",\"Action\":\"" + std::string(action) +
                 "\",\"Package\":\"p\",\"Test\":\"" + std::string(test) + "\"" + more + "}\n");
  };
  at(250, "run", "TestA");
  at(310, "pass", "TestA", ",\"Elapsed\":0.30");
  at(311, "run", "TestB");
  at(612, "pass", "TestB", ",\"Elapsed\":0.31");
  const model::Attempt &a = ended["TestA"], &b = ended["TestB"];
  ASSERT_TRUE(a.start && a.duration && b.start && b.duration);
  EXPECT_LE(*a.start + *a.duration, *b.start) << "go stamps an event when it reads it, on a busy machine too late";
  EXPECT_EQ(*b.start - *a.start, milliseconds(295)) << "A began as long before its end as it took";
}

TEST(GoJson, StreamThatStopsIsAnError) {
  const std::string whole =
      event(0, "start") + event(0, "run", "TestA") + event(1, "fail", "TestA") + event(1, "run", "TestB");
  const Transcript seen = read(whole);
  ASSERT_THAT(seen.diagnostics("go-stream-stopped"), SizeIs(1));
  EXPECT_THAT(seen.diagnostics()[0].message, HasSubstr("TestB"));
  EXPECT_EQ(seen.ended("TestA")->attempt.outcome, Outcome::failed)
      << "failures that waited for the verdict are not lost";
  EXPECT_THAT(seen.open(), ElementsAre("TestB"));
  EXPECT_THAT(read(whole.substr(0, whole.size() - 9)).diagnostics("go-stream-truncated"), SizeIs(1));
}

TEST(GoJson, PackageThatFailsWithoutAFailedTest) {
  const Transcript seen = read(event(0, "run", "TestA") + event(1, "pass", "TestA") +
                               event(2, "output", "", ",\"Output\":\"goleak: found leaks\\n\"") + event(2, "fail"));
  ASSERT_THAT(seen.diagnostics("go-package-died"), SizeIs(1));
  EXPECT_THAT(seen.diagnostics()[0].message, HasSubstr("goleak: found leaks"));
}

TEST(GoJson, PanicInAGoroutineCrashesTheTestThatShowsIt) {
  const Transcript seen =
      read(event(0, "run", "TestA") + event(0, "run", "TestB") + output("TestB", "panic: in goroutine\\n") +
           output("TestB", "\\t/repo/p/b_test.go:4 +0x25\\n") + event(2, "fail"));
  EXPECT_EQ(seen.ended("TestB")->attempt.outcome, Outcome::crashed);
  EXPECT_EQ(seen.ended("TestB")->test.file, "p/b_test.go");
  EXPECT_THAT(seen.open(), ElementsAre("TestA"));
}

TEST(GoJson, OtherPackagesOfABrokenBuildSayWhoIsToBlame) {
  const Transcript seen = read(
      "{\"ImportPath\":\"q [q.test]\",\"Action\":\"build-output\",\"Output\":\"q.go:1: bad\\n\"}\n"
      "{\"ImportPath\":\"q [q.test]\",\"Action\":\"build-fail\"}\n" +
      event(0, "start") + event(0, "fail", "", ",\"FailedBuild\":\"q [q.test]\""));
  ASSERT_THAT(seen.diagnostics("go-build-failed"), SizeIs(1));
  EXPECT_THAT(seen.diagnostics()[0].message, HasSubstr("was not tested, because q could not be built"));
}

TEST(GoJson, PlainLinesBecomeOneDiagnostic) {
  const auto failed = read("FAIL\tpkg [setup failed]\nmore\n").diagnostics("go-plain-output");
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].severity, Severity::error);
  EXPECT_EQ(read("hello\n\n").diagnostics("go-plain-output").at(0).severity, Severity::warning);
  EXPECT_THAT(read("").events, IsEmpty());
}

TEST(GoJson, OutputOfAFailureIsBounded) {
  std::string text = event(0, "run", "TestA");
  for (int i = 0; i < 300; ++i) text += output("TestA", std::string(1000, 'x') + "\\n");
  text += output("TestA", "    a_test.go:9: the end\\n") + event(1, "fail", "TestA") + event(1, "fail");
  const Transcript seen = transcribe(make_go_json_reader, text);
  EXPECT_LT(seen.ended("TestA")->attempt.details.size(), 70'000U);
  EXPECT_THAT(seen.ended("TestA")->attempt.details, HasSubstr("bytes cut"));
  EXPECT_EQ(seen.ended("TestA")->attempt.message, "the end");
}

TEST(GoFailure, ReadsTestify) {
  const GoFailure failure = find_go_failure(
      "=== RUN   TestX\n    x_test.go:12: \n        \tError Trace:\t/repo/x_test.go:12\n        \tError:      \tNot "
      "equal: \n"
      "        \t            \texpected: 1\n        \t            \tactual  : 2\n        \tTest:       \tTestX\n--- "
      "FAIL: TestX (0.00s)\n",
      "/repo");
  EXPECT_EQ(failure.message, "Not equal: expected: 1 actual  : 2");
  EXPECT_EQ(failure.file, "x_test.go");
  EXPECT_EQ(failure.line, 12U);
}

TEST(GoFailure, DoesNotBlameTheTestingPackage) {
  const GoFailure failure = find_go_failure("    testing.go:1617: race detected during execution of test\n", "");
  EXPECT_EQ(failure.message, "race detected during execution of test");
  EXPECT_EQ(failure.file, "");
}

TEST(GoFailure, FramesAreNoLogLines) {
  const GoFailure failure = find_go_failure(
      "WARNING: DATA RACE\nRead at 0x1 by goroutine 8:\n  p.TestR.func1()\n      /repo/p/a_test.go:3 +0x33\n"
      "  main.main()\n      _testmain.go:56 +0x164\n    a_test.go:9: hello\n    testing.go:1712: race detected during "
      "execution of test\n",
      "/repo");
  EXPECT_EQ(failure.message, "race detected during execution of test");
  EXPECT_EQ(failure.file, "/repo/p/a_test.go");
  EXPECT_EQ(failure.line, 3U);
}

TEST(GoFailure, FindsTheHangingTestInADump) {
  const std::string_view dump =
      "goroutine 9 [chan receive]:\np.TestA(0x1?)\n\t/repo/p/a_test.go:4 +0x26\ncreated by testing.(*T).Run in "
      "goroutine 1\n"
      "\t/go/src/testing/testing.go:2101 +0x4c5\n\ngoroutine 10 "
      "[sleep]:\ntime.Sleep(0x1)\n\t/go/src/runtime/time.go:363 "
      "+0x165\np.TestA.func1(0x2)\n\t/repo/p/a_test.go:5 +0x1d\n";
  GoFailure parent, child, none;
  locate_hanging_test(parent, dump, "TestA", "/repo");
  locate_hanging_test(child, dump, "TestA/sub", "/repo");
  locate_hanging_test(none, dump, "TestB", "/repo");
  EXPECT_EQ(parent.line, 4U);
  EXPECT_EQ(child.line, 5U);
  EXPECT_EQ(child.file, "/repo/p/a_test.go");
  EXPECT_EQ(none.file, "");
}

TEST(GoFailure, ReadsAnExample) {
  EXPECT_EQ(find_go_failure("=== RUN   ExampleX\n--- FAIL: ExampleX (0.00s)\ngot:\na\nb\nwant:\nc\n", "").message,
            "got: a b, want: c");
}

TEST(GoFailure, LogCallsAreNoFailures) {
  const std::string_view output = "    a_test.go:4: preparing\n    a_test.go:7: real\n";
  const auto is_log = [](std::string_view, std::uint32_t line) { return line == 4; };
  EXPECT_EQ(find_go_failure(output, "", is_log).message, "real");
  EXPECT_EQ(find_go_failure(output, "").message, "preparing");
  const auto all = [](std::string_view, std::uint32_t) { return true; };
  EXPECT_EQ(find_go_failure(output, "", all).message, "preparing") << "t.Fail says nothing itself";
}

TEST(GoSource, KnowsLogCallsOfThePackage) {
  const auto folder = TempDir::make("rh-go-source");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(make_directories(folder->path() / "p"));
  ASSERT_TRUE(write_file(folder->path() / "p/a_test.go", "package p\nt.Log(1)\nt.Errorf(\"t.Log(\")\n"));
  GoSource source(folder->path().string(), "p");
  EXPECT_TRUE(source.is_log_call("a_test.go", 2));
  EXPECT_FALSE(source.is_log_call("a_test.go", 3));
  EXPECT_FALSE(source.is_log_call("a_test.go", 99));
  EXPECT_FALSE(source.is_log_call("b_test.go", 2));
  EXPECT_FALSE(GoSource(folder->path().string(), std::nullopt).is_log_call("a_test.go", 2));
}

TEST(GoFailure, PackageFolders) {
  EXPECT_EQ(go_package_folder("a.b/m/x/y", "a.b/m"), "x/y");
  EXPECT_EQ(go_package_folder("a.b/m", "a.b/m"), "");
  EXPECT_EQ(go_package_folder("a.b/mm", "a.b/m"), std::nullopt);
  EXPECT_EQ(go_package_folder("a.b/m", ""), std::nullopt);
}

TEST(Timestamp, ReadsRfc3339) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z"), milliseconds(1500));
  EXPECT_EQ(parse_rfc3339("1970-01-01T01:00:00+01:00"), milliseconds(0));
  EXPECT_EQ(parse_rfc3339("2024-02-29T12:34:56.123456789Z"), Nanoseconds(1709210096123456789));
  for (const char* bad :
       {"", "2024-02-30T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T25:00:00Z", "2024-01-01T00:00:00Zx", "x"})
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
}

TEST(GoJson, IsRecognised) {
  EXPECT_TRUE(sniff_go_json(read_data("go_suite.jsonl").substr(0, 4096)));
  EXPECT_FALSE(sniff_go_json("{\"a\":1}\n"));
  EXPECT_FALSE(sniff_go_json("<testsuite/>"));
  EXPECT_FALSE(sniff_go_json(""));
}

TEST(GoJson, IsRecognisedBehindOtherText) {
  EXPECT_TRUE(sniff_go_json("go: downloading example.com/x v1.2.3\n" + event(0, "start")));
  EXPECT_TRUE(sniff_go_json("{\"Action\":\"run\",\"Test\":\"TestA\"}\n"));
  EXPECT_FALSE(sniff_go_json("<system-out>\n" + event(0, "start")));
  EXPECT_FALSE(sniff_go_json("TAP version 13\n" + event(0, "start")));
}

TEST(GoJson, EventsWithoutAPackageAreOne) {
  const Transcript seen = read(
      "{\"Action\":\"output\",\"Output\":\"hello\\n\"}\n{\"Action\":\"run\",\"Test\":\"TestA\"}\n"
      "{\"Action\":\"fail\",\"Test\":\"TestA\"}\n{\"Action\":\"fail\"}\n");
  ASSERT_NE(seen.ended("TestA"), nullptr);
  EXPECT_EQ(seen.ended("TestA")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(seen.diagnostics("go-plain-output").at(0).severity, Severity::warning);
  const auto died = read("{\"Action\":\"start\"}\n{\"Action\":\"fail\"}\n").diagnostics("go-package-died");
  ASSERT_THAT(died, SizeIs(1));
  EXPECT_THAT(died[0].message, StartsWith("package without a name failed"));
}

// What `gotestsum --rerun-fails` writes: the package once more, with what failed.
TEST(GoJson, RerunOfFailedTestsIsAFurtherAttempt) {
  const std::string first = event(0, "run", "TestA") + event(1, "fail", "TestA") + event(1, "run", "TestB") +
                            event(2, "pass", "TestB") + event(2, "run", "TestC") + event(3, "fail", "TestC") +
                            event(4, "fail");
  const Transcript seen = read(first + event(5, "run", "TestA") + event(6, "pass", "TestA") + event(7, "run", "TestC") +
                               event(8, "fail", "TestC") + event(9, "fail"));
  EXPECT_EQ(seen.ended("TestA")->attempt.outcome, Outcome::passed);
  EXPECT_EQ(seen.ended("TestA")->attempt.number, 2U);
  EXPECT_EQ(seen.ended("TestC")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(seen.ended("TestC")->attempt.number, 2U);
  EXPECT_THAT(seen.open(), IsEmpty());
  EXPECT_THAT(seen.diagnostics("go-retries").at(0).message, StartsWith("1 tests failed at first"));
}

TEST(GoJson, AnotherRunOfAPackageHidesNoFailure) {
  const std::string run_a = event(0, "run", "TestA"), run_b = event(0, "run", "TestB");
  const Transcript seen =
      read(run_a + event(1, "fail", "TestA") + run_b + event(2, "pass", "TestB") + event(2, "fail") + run_a +
           event(1, "pass", "TestA") + run_b + event(2, "pass", "TestB") + event(2, "pass"));
  EXPECT_EQ(seen.count_ended(), 4U);
  EXPECT_EQ(seen.ended("TestA")->attempt.number, 1U) << "TestB, which had passed, ran again: this is no rerun";
  EXPECT_THAT(seen.diagnostics("go-retries"), IsEmpty());
}

TEST(GoJson, ARerunThatStopsLeavesItsTestOpen) {
  const Transcript seen =
      read(event(0, "run", "TestA") + event(1, "fail", "TestA") + event(2, "fail") + event(3, "run", "TestA"));
  EXPECT_THAT(seen.open(), SizeIs(1));
  EXPECT_THAT(seen.diagnostics("go-stream-stopped"), SizeIs(1));
}

TEST(GoJson, SurvivesMutations) {
  survive_mutations(make_go_json_reader, read_data("go_bench.jsonl").substr(0, 1500), 120);
  survive_mutations(make_go_json_reader,
                    event(0, "run", "TestA") + output("TestA", "panic: x\\n\\trunning tests:\\n\\t\\tTestA (1s)\\n") +
                        event(1, "fail", "TestA", ",\"Elapsed\":0.05") + event(2, "fail"),
                    200);
}

}  // namespace
}  // namespace rh::collectors
