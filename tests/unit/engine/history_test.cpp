#include "runner/engine/history/history.h"

#include <gtest/gtest.h>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

using namespace std::chrono_literals;

model::RunReport report_of(const std::string& id, std::chrono::nanoseconds wall,
                           model::SuiteStatus status = model::SuiteStatus::passed) {
  model::RunReport report;
  report.run.id.value = id;
  model::SuiteReport suite;
  suite.suite.id.value = "a:pytest";
  suite.status = status;
  suite.wall = wall;
  model::TestRecord record;
  record.test.id.value = "a:pytest::t";
  record.attempts.emplace_back();
  suite.tests.push_back(record);
  report.suites.push_back(suite);
  return report;
}

TEST(History, AveragesTheLastFinishedRuns) {
  const auto folder = TempDir::make("rh-history-").value();
  const auto file = folder.path() / "history.db";
  {
    auto history = History::open(file);
    ASSERT_TRUE(history) << history.error().message();
    ASSERT_TRUE(history->record(report_of("1", 100s)));
    for (int i = 2; i <= 6; ++i) ASSERT_TRUE(history->record(report_of(std::to_string(i), 2s)));
    ASSERT_TRUE(history->record(report_of("7", 900s, model::SuiteStatus::crashed)));
  }
  const auto again = History::open(file);
  ASSERT_TRUE(again);
  const auto durations = again->suite_durations();
  ASSERT_TRUE(durations);
  EXPECT_EQ(durations->at(model::SuiteId{"a:pytest"}), 2s);
}

TEST(History, ADamagedStoreIsAnError) {
  const auto folder = TempDir::make("rh-history-").value();
  ASSERT_TRUE(write_file(folder.path() / "history.db",
                         "this is no database, but long enough to be read as one: " + std::string(4096, 'x')));
  EXPECT_FALSE(History::open(folder.path() / "history.db"));
}

TEST(History, TheSameRunTwiceChangesNothing) {
  const auto folder = TempDir::make("rh-history-").value();
  auto opened = History::open(folder.path() / "history.db");
  ASSERT_TRUE(opened);
  History& history = *opened;
  ASSERT_TRUE(history.record(report_of("1", 1s)));
  EXPECT_FALSE(history.record(report_of("1", 9s)));
  EXPECT_EQ(history.suite_durations().value().at(model::SuiteId{"a:pytest"}), 1s);
}

}  // namespace
}  // namespace rh::engine
