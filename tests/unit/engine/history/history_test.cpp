#include "runner/engine/history/history.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "runner/base/file.h"
#include "runner/engine/history/schema.h"
#include "tests/unit/engine/history/stored_runs.h"

namespace rh::engine {
namespace {

using namespace std::chrono_literals;
using model::Outcome;
using testing::GivenRun;
using testing::report_of;

class HistoryTest : public ::testing::Test {
 protected:
  TempDir folder_ = TempDir::make("rh-history-").value();
  std::filesystem::path file_ = folder_.path() / "history.db";

  History open() {
    auto history = History::open(file_);
    EXPECT_TRUE(history) << history.error().message();
    return std::move(*history);
  }
};

TEST_F(HistoryTest, WhatIsRecordedIsFoundAgain) {
  History history = open();
  GivenRun given{"0198c0de-0000-7000-8000-000000000001"};
  given.tests = {{"green"}, {"flaky", {Outcome::failed, Outcome::passed}}, {"red", {Outcome::timed_out}}};
  model::RunReport report = report_of(given);
  report.counts.failed = 1;
  report.counts.flaky = 1;
  ASSERT_TRUE(history.record(report, "feature/x"));
  const auto details = history.run("latest");
  ASSERT_TRUE(details) << details.error().message();
  const model::StoredRun& run = details->run;
  EXPECT_EQ(run.id.value, given.id);
  EXPECT_EQ(run.branch, "feature/x");
  EXPECT_EQ(run.git_commit, "c1");
  EXPECT_EQ(run.preset, "ci");
  EXPECT_EQ(run.jobs, 2U);
  EXPECT_EQ(run.machine, "Fast CPU, 4 cores, 16 GiB, Linux 6.1 x86_64");
  EXPECT_EQ(run.verdict, "all is well");
  EXPECT_EQ(run.counts.total, 3U);
  EXPECT_EQ(run.counts.flaky, 1U);
  EXPECT_EQ(run.coverage.lines, (model::Ratio{200, 150}));
  EXPECT_FALSE(run.coverage.branches);
  EXPECT_FALSE(run.partial);
  EXPECT_EQ(std::chrono::floor<std::chrono::milliseconds>(given.started), run.started_at);
  ASSERT_EQ(details->suites.size(), 1U);
  EXPECT_EQ(details->suites[0].wall, 32s);
  EXPECT_EQ(details->suites[0].test_wall, 2s) << "preparing is apart";
  EXPECT_EQ(details->suites[0].cpu, 1010ms);
  EXPECT_EQ(details->suites[0].peak_memory_bytes, 128U << 20);
  ASSERT_EQ(details->tests.size(), 3U);
  EXPECT_EQ(details->tests[0].test.value, "a:pytest::f.py::flaky");
  EXPECT_EQ(details->tests[0].attempts, 2U);
  EXPECT_EQ(details->tests[0].flips, 1U);
  EXPECT_EQ(details->tests[2].outcome, Outcome::timed_out);
  EXPECT_EQ(details->tests[1].duration, 1ms);
  EXPECT_EQ(details->tests[1].peak_memory_bytes, 64U << 20);
}

TEST_F(HistoryTest, EveryOutcomeKeepsItsNumber) {
  for (int i = 0; i <= static_cast<int>(Outcome::not_run); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    EXPECT_EQ(outcome_of_stored(stored_outcome(outcome)), outcome);
    EXPECT_EQ(stored_outcome(outcome) >= kFirstFailure, is_failure(outcome)) << i;
  }
}

TEST_F(HistoryTest, AveragesTheLastFinishedRuns) {
  History history = open();
  GivenRun given{"1"};
  given.wall = 100s;
  ASSERT_TRUE(history.record(report_of(given)));
  given.wall = 2s;
  for (int i = 2; i <= 6; ++i) {
    given.id = std::to_string(i);
    ASSERT_TRUE(history.record(report_of(given)));
  }
  given.id = "7", given.wall = 900s, given.status = model::SuiteStatus::crashed;
  ASSERT_TRUE(history.record(report_of(given)));
  EXPECT_EQ(history.suite_durations().value().at(model::SuiteId{"a:pytest"}), 32s);
}

TEST_F(HistoryTest, TheSameRunTwiceChangesNothing) {
  History history = open();
  ASSERT_TRUE(history.record(report_of({"1"})));
  EXPECT_FALSE(history.record(report_of({"1"})));
  EXPECT_EQ(history.run_count().value(), 1U);
  EXPECT_EQ(history.run("1")->tests.size(), 1U);
}

TEST_F(HistoryTest, CancelledSuitesHaveNoResults) {
  History history = open();
  GivenRun given{"1"};
  given.status = model::SuiteStatus::cancelled;
  ASSERT_TRUE(history.record(report_of(given)));
  EXPECT_TRUE(history.run("1")->tests.empty());
  EXPECT_TRUE(history.run("1")->run.partial);
}

TEST_F(HistoryTest, ADamagedStoreIsAnErrorThatSaysSo) {
  ASSERT_TRUE(write_file(file_, "this is no database, but long enough to be read as one: " + std::string(4096, 'x')));
  const auto opened = History::open(file_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("damaged"), std::string::npos) << opened.error().message();
  EXPECT_NE(opened.error().message().find("move it away"), std::string::npos);
}

TEST_F(HistoryTest, AStoreCutInTheMiddleIsAnErrorAndNoCrash) {
  {
    History history = open();
    GivenRun given{"1"};
    for (int i = 0; i < 2000; ++i) given.tests.push_back({"test " + std::to_string(i)});
    ASSERT_TRUE(history.record(report_of(given)));
  }
  const std::string whole = read_file(file_).value();
  for (const std::size_t size : {whole.size() / 2, whole.size() / 10, std::size_t{5000}, std::size_t{100}}) {
    ASSERT_TRUE(write_file(file_, whole.substr(0, size)));
    auto opened = History::open(file_);
    const bool usable = opened && opened->run("1") && opened->record(report_of({"2"}));
    EXPECT_FALSE(usable) << size;
  }
}

TEST_F(HistoryTest, ANewerStoreStaysAsItIs) {
  ASSERT_TRUE(Database::open(file_, OpenMode::create)->execute("PRAGMA user_version=99; CREATE TABLE future (x)"));
  const auto opened = History::open(file_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
  EXPECT_NE(opened.error().message().find("schema version 99"), std::string::npos);
  EXPECT_EQ(Database::open(file_, OpenMode::existing)->single_integer("PRAGMA user_version").value(), 99);
}

TEST_F(HistoryTest, ALinkIsNotFollowed) {
  { open(); }
  std::filesystem::create_symlink(file_, folder_.path() / "link.db");
  EXPECT_FALSE(History::open(folder_.path() / "link.db"));
}

// Written by runharness 0.1 before version 2: three runs of samples/pytest, the last one removed by SQL.
TEST_F(HistoryTest, AFileOfVersionOneIsTakenOver) {
  const std::string source = std::string(RUNHARNESS_SOURCE_DIR) + "/tests/unit/engine/history/data/version1.db";
  std::filesystem::copy_file(source, file_);
  History history = open();
  const auto runs = history.runs(0).value();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].id.value, "01a1fe94-6580-7220-9e80-801c82f81f2e") << "newest first";
  EXPECT_EQ(to_rfc3339(runs[1].started_at), "2026-11-21T14:48:14.830Z");
  EXPECT_EQ(runs[0].preset, "local");
  EXPECT_FALSE(runs[0].counted);
  EXPECT_TRUE(runs[0].git_dirty) << "whether it was clean was not recorded";
  const auto details = history.run("latest").value();
  ASSERT_EQ(details.suites.size(), 1U);
  EXPECT_EQ(details.suites[0].wall.count(), 5555391759);
  EXPECT_EQ(details.suites[0].peak_memory_bytes, 62476288U);
  EXPECT_EQ(details.tests.size(), 24U);
  const auto parse = history.trend("tests/test_money.py::test_parse[0-0]", 0).value();
  ASSERT_EQ(parse.points.size(), 2U);
  EXPECT_EQ(parse.points[0].wall, 5277us);
  EXPECT_EQ(parse.points[0].status, "passed");
  // And it is used like any other from then on.
  ASSERT_TRUE(history.record(report_of({"01a1fe95-0000-7000-8000-000000000000"})));
  EXPECT_EQ(History::open(file_)->run_count().value(), 3U);
}

TEST_F(HistoryTest, ManyRunsAtOnceAreAllKept) {
  constexpr int kRuns = 24;
  std::vector<pid_t> children;
  for (int i = 0; i < kRuns; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto history = History::open(file_);  // all of them create it
      const bool good = history && history->record(report_of({"run " + std::to_string(i)}));
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open().run_count().value(), std::uint64_t{kRuns});
}

TEST_F(HistoryTest, AWriterThatIsKilledLeavesAWholeStore) {
  for (int round = 0; round < 8; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto history = History::open(file_);
      for (int i = 0; history; ++i) {
        (void)history->record(report_of({std::to_string(round) + "." + std::to_string(i)})).has_value();
        if (i == round) (void)::write(ready[1], "x", 1);
      }
      ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]), ::close(ready[1]);
    const History history = open();
    Statement check(history.database(), "PRAGMA integrity_check");
    ASSERT_TRUE(check.step());
    EXPECT_EQ(check.text(0), "ok");
    const auto runs = history.runs(0).value();
    for (const auto& run : runs) EXPECT_EQ(history.run(run.id.value)->tests.size(), 1U);
  }
}

TEST_F(HistoryTest, ARunIsFoundByTheBeginningOfItsId) {
  History history = open();
  for (const char* id : {"0198aa00-1", "0198aa00-2", "0198bb00-1"}) ASSERT_TRUE(history.record(report_of({id})));
  EXPECT_EQ(history.run("0198b")->run.id.value, "0198bb00-1");
  const auto several = history.run("0198aa");
  ASSERT_FALSE(several);
  EXPECT_NE(several.error().message().find("0198aa00-2, 0198aa00-1"), std::string::npos) << several.error().message();
  const auto none = history.run("0198bb00-7");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message().find("did you mean 0198bb00-1?"), std::string::npos) << none.error().message();
  EXPECT_FALSE(history.run(""));
}

TEST_F(HistoryTest, TrendsOfTestsSuitesRunsAndCoverage) {
  History history = open();
  for (int i = 1; i <= 5; ++i) {
    GivenRun given{std::to_string(i)};
    given.wall = i * 1s;
    given.tests = {{"parse", {Outcome::passed}, i * 10ms}, {"only early", {Outcome::passed}}};
    if (i > 2) given.tests.pop_back();
    ASSERT_TRUE(history.record(report_of(given)));
  }
  const auto test = history.trend("f.py::parse", 3).value();
  EXPECT_EQ(test.kind, model::TrendKind::test);
  EXPECT_EQ(test.subject, "a:pytest::f.py::parse");
  ASSERT_EQ(test.points.size(), 3U) << "the newest ones";
  EXPECT_EQ(test.points.front().wall, 30ms) << "oldest first";
  EXPECT_EQ(test.points.back().wall, 50ms);
  const auto early = history.trend("only early", 1).value();
  ASSERT_EQ(early.points.size(), 1U) << "the newest run that has it";
  EXPECT_EQ(early.points[0].run.value, "2");
  EXPECT_EQ(history.trend("a:pytest", 0)->kind, model::TrendKind::suite);
  EXPECT_EQ(history.trend("a:pytest", 0)->points.back().wall, 5s);
  EXPECT_EQ(history.trend("", 0)->points.size(), 5U);
  EXPECT_EQ(history.trend("coverage", 0)->points.back().lines, (model::Ratio{200, 150}));
  const auto wrong = history.trend("parze", 0);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("did you mean a:pytest::f.py::parse?"), std::string::npos)
      << wrong.error().message();
  const auto several = history.trend("f.py", 0);
  ASSERT_FALSE(several);
  EXPECT_NE(several.error().message().find("2 suites and tests"), std::string::npos) << several.error().message();
}

TEST_F(HistoryTest, TheNewestWholeAndCleanRunOfACommit) {
  History history = open();
  ASSERT_TRUE(history.record(report_of({"1", "c1"})));
  ASSERT_TRUE(history.record(report_of({"2", "c1", true})));
  model::RunReport partial = report_of({"3", "c1"});
  partial.run.argv = {"runharness", "test", "--only", "a:*"};
  ASSERT_TRUE(history.record(partial));
  EXPECT_EQ(history.newest_of_commit("c1").value()->id.value, "1");
  EXPECT_FALSE(history.newest_of_commit("c2").value());
}

TEST_F(HistoryTest, LongNamesAreCutAndToldApart) {
  const std::string longer(5000, 'n'), other = longer + "2";
  EXPECT_LE(stored_name(longer).size(), 1024U);
  EXPECT_NE(stored_name(longer), stored_name(other));
  EXPECT_EQ(stored_name("short"), "short");
  History history = open();
  GivenRun given{"1"};
  given.tests = {{longer}, {other}};
  ASSERT_TRUE(history.record(report_of(given)));
  EXPECT_EQ(history.past_of("a:pytest::f.py::" + other, 10)->size(), 1U);
  EXPECT_EQ(history.run("1")->tests.size(), 2U);
}

}  // namespace
}  // namespace rh::engine
