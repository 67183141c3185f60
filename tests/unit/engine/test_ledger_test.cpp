#include "runner/engine/test_ledger.h"

#include <gtest/gtest.h>

#include <csignal>

namespace rh::engine {
namespace {

using namespace rh::model;

struct Kept {
  std::vector<std::pair<TestCase, Attempt>> finished;
  std::vector<Diagnostic> diagnostics;
  TestLedger ledger{SuiteId{"a:pytest"},
                    {[](const TestStarted&) {},
                     [this](const TestCase& test, const Attempt& attempt) { finished.emplace_back(test, attempt); },
                     {},
                     [](const RunnerFinished&) {},
                     [this](Diagnostic diagnostic) { diagnostics.push_back(std::move(diagnostic)); }}};
};

TestCase test_named(std::string name) {
  TestCase test;
  test.file = "t.py";
  test.name = std::move(name);
  return test;
}

TestEnded ended(std::string key, std::string name, Outcome outcome, unsigned number = 1) {
  Attempt attempt;
  attempt.outcome = outcome;
  attempt.number = number;
  return {std::move(key), test_named(std::move(name)), attempt};
}

TEST(TestLedger, GivesStableIds) {
  Kept kept;
  kept.ledger.take(0, ended("1", "test_a", Outcome::passed));
  kept.ledger.take(0, ended("2", "test_a", Outcome::failed));
  kept.ledger.take(0, ended("3", "test_b", Outcome::failed));
  kept.ledger.take(0, ended("4", "test_b", Outcome::passed, 2));
  ASSERT_EQ(kept.finished.size(), 4U);
  EXPECT_EQ(kept.finished[0].first.id.value, "a:pytest::t.py::test_a");
  EXPECT_EQ(kept.finished[1].first.id.value, "a:pytest::t.py::test_a#2") << "the same title twice is legal";
  EXPECT_EQ(kept.finished[3].first.id, kept.finished[2].first.id) << "a retry is the same test";
  EXPECT_EQ(kept.ledger.stream(0).finished, 3U);
}

TEST(TestLedger, ABegunTestIsNeverLost) {
  Kept kept;
  kept.ledger.take(0, TestBegan{"1", test_named("test_a"), std::chrono::nanoseconds(100), 7});
  kept.ledger.take(1, TestBegan{"1", test_named("test_b"), std::chrono::nanoseconds(100), 8});
  kept.ledger.close_stream(0, Ending::signaled, {std::nullopt, SIGSEGV, false}, std::chrono::nanoseconds(600));
  ASSERT_EQ(kept.finished.size(), 1U) << "the other stream is still open";
  EXPECT_EQ(kept.finished[0].second.outcome, Outcome::crashed);
  EXPECT_EQ(kept.finished[0].second.duration, std::chrono::nanoseconds(500));
  EXPECT_NE(kept.finished[0].second.message.find("SIGSEGV"), std::string::npos);
  EXPECT_FALSE(kept.finished[0].second.usage.cpu.value);
  kept.ledger.close_stream(1, Ending::wall_time, {}, std::chrono::nanoseconds(600));
  EXPECT_EQ(kept.finished[1].second.outcome, Outcome::timed_out);
}

TEST(TestLedger, ACrashThatTheFormatKnowsCounts) {
  Kept kept;
  kept.ledger.take(0, TestBegan{"1", test_named("test_a"), std::chrono::nanoseconds(100), 7});
  kept.ledger.take(0, ended("1", "test_a", Outcome::crashed));
  EXPECT_EQ(kept.ledger.stream(0).crashed, 1U);
}

TEST(TestLedger, PairsBeginAndEndByKey) {
  Kept kept;
  kept.ledger.take(0, TestBegan{"k", test_named("same"), {}, 1});
  kept.ledger.take(0, TestBegan{"k#2", test_named("same"), {}, 1});
  kept.ledger.take(0, ended("k#2", "same", Outcome::failed));
  kept.ledger.take(0, ended("k", "same", Outcome::passed));
  ASSERT_EQ(kept.finished.size(), 2U);
  EXPECT_EQ(kept.finished[0].first.id.value, "a:pytest::t.py::same#2");
  EXPECT_EQ(kept.finished[1].first.id.value, "a:pytest::t.py::same");
}

TEST(TestLedger, DiagnosticsCarryTheSuite) {
  Kept kept;
  kept.ledger.take(0, Diagnostic{Severity::error, "junit-truncated", "cut", "x.xml", {}});
  ASSERT_EQ(kept.diagnostics.size(), 1U);
  EXPECT_EQ(kept.diagnostics[0].suite.value, "a:pytest");
}

}  // namespace
}  // namespace rh::engine
