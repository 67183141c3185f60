#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include "runner/base/file.h"
#include "runner/base/unique_fd.h"
#include "runner/engine/history/history.h"
#include "runner/engine/history/run_folders.h"
#include "runner/engine/run_directory.h"
#include "tests/unit/engine/history/stored_runs.h"

namespace rh::engine {
namespace {

using namespace std::chrono_literals;
using testing::GivenRun;
using testing::report_of;

class PruneTest : public ::testing::Test {
 protected:
  TempDir folder_ = TempDir::make("rh-prune-").value();
  History history_ = std::move(History::open(folder_.path() / "history.db").value());

  void record(const std::string& id, std::chrono::hours age, std::size_t tests = 1, const HistoryLimits& limits = {}) {
    GivenRun given{id};
    given.started = wall_now() - age;
    given.tests.clear();
    for (std::size_t i = 0; i < tests; ++i) given.tests.push_back({id + " test " + std::to_string(i)});
    const auto recorded = history_.record(report_of(given), {}, limits);
    ASSERT_TRUE(recorded) << recorded.error().message();
  }
  std::vector<std::string> ids() {
    std::vector<std::string> ids;
    const auto runs = history_.runs(0).value();
    for (const auto& run : runs) ids.push_back(run.id.value);
    return ids;
  }
};

TEST_F(PruneTest, KeepsTheNewest) {
  for (int i = 1; i <= 5; ++i) record(std::to_string(i), 0h);
  HistoryLimits limits;
  limits.runs = 2;
  const auto tried = history_.prune(limits, true);
  ASSERT_TRUE(tried) << tried.error().message();
  EXPECT_EQ(tried->runs, 3U);
  EXPECT_EQ(ids().size(), 5U) << "a dry run changes nothing";
  const auto pruned = history_.prune(limits, false).value();
  EXPECT_EQ(pruned.runs, 3U);
  EXPECT_EQ(pruned.runs_left, 2U);
  EXPECT_EQ(pruned.names, 3U) << "of tests that only those runs had";
  EXPECT_EQ(ids(), (std::vector<std::string>{"5", "4"}));
  EXPECT_EQ(history_.run("5")->tests.size(), 1U);
}

TEST_F(PruneTest, RemovesByAgeButNeverTheNewest) {
  for (int i = 1; i <= 3; ++i) record(std::to_string(i), std::chrono::hours(24 * 100));
  HistoryLimits limits;
  limits.runs = 1000;
  limits.age = std::chrono::hours(24 * 90);
  EXPECT_EQ(history_.prune(limits, false)->runs, 2U);
  EXPECT_EQ(ids(), (std::vector<std::string>{"3"}));
}

TEST_F(PruneTest, GivesTheSpaceBack) {
  for (int i = 1; i <= 5; ++i) record(std::to_string(i), 0h, 3000);
  HistoryLimits limits;
  limits.runs = 1;
  const auto pruned = history_.prune(limits, false).value();
  EXPECT_LT(pruned.bytes_after, pruned.bytes_before / 3);
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "history.db"), pruned.bytes_after);
}

TEST_F(PruneTest, RecordingKeepsTheLimits) {
  HistoryLimits limits;
  limits.runs = 3;
  for (int i = 1; i <= 6; ++i) record(std::to_string(i), 0h, 1, limits);
  EXPECT_EQ(ids(), (std::vector<std::string>{"6", "5", "4"}));
}

TEST_F(PruneTest, RecordingKeepsTheSize) {
  HistoryLimits limits;
  limits.bytes = 1 << 20;
  for (int i = 1; i <= 40; ++i) record(std::to_string(i), 0h, 1000, limits);
  EXPECT_LT(ids().size(), 20U);
  EXPECT_GT(ids().size(), 2U);
  EXPECT_EQ(ids().front(), "40");
  EXPECT_LT(std::filesystem::file_size(folder_.path() / "history.db"), 2U << 20);
}

class RunFolders : public PruneTest {
 protected:
  std::filesystem::path runs_ = folder_.path() / "runs";

  // The name of a run that began so long ago.
  std::string add(std::chrono::hours age, const std::string& tail = "7000-8000-000000000001") {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>((wall_now() - age).time_since_epoch()).count();
    char name[64];
    std::snprintf(name, sizeof name, "%08llx-%04llx-%s", static_cast<unsigned long long>(ms) >> 16,
                  static_cast<unsigned long long>(ms) & 0xFFFF, tail.c_str());
    EXPECT_TRUE(make_directories(runs_ / name / "suites"));
    EXPECT_TRUE(write_file(runs_ / name / "events.jsonl", "{}\n"));
    return name;
  }
};

TEST_F(RunFolders, OldOnesGoTheNewestStays) {
  const std::string old = add(2400h), older = add(4800h), newest = add(2399h);
  HistoryLimits limits;
  limits.runs = 1000;
  limits.age = 24h;
  model::Pruned pruned;
  ASSERT_TRUE(prune_run_folders(runs_, limits, false, pruned));
  EXPECT_EQ(pruned.folders, 2U);
  EXPECT_EQ(pruned.folder_bytes, 6U);
  EXPECT_TRUE(rh::is_directory(runs_ / newest));
  EXPECT_FALSE(rh::is_directory(runs_ / old));
  EXPECT_FALSE(rh::is_directory(runs_ / older));
}

TEST_F(RunFolders, OneThatIsStillGoingStays) {
  add(1h);
  const std::string going = add(48h);
  const UniqueFd log(::open((runs_ / going / "events.jsonl").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(log.get(), LOCK_EX | LOCK_NB), 0);
  HistoryLimits limits;
  limits.runs = 1;
  model::Pruned pruned;
  ASSERT_TRUE(prune_run_folders(runs_, limits, false, pruned));
  EXPECT_EQ(pruned.folders, 0U);
  ASSERT_EQ(pruned.kept_folders.size(), 1U);
  EXPECT_NE(pruned.kept_folders[0].find("still going"), std::string::npos) << pruned.kept_folders[0];
  EXPECT_TRUE(rh::is_directory(runs_ / going));
}

TEST_F(RunFolders, OneThatHasJustBegunStaysAndSoDoesWhatIsNoRun) {
  add(0h, "7000-8000-00000000000a");
  const std::string begun = add(0h, "7000-8000-000000000002");
  ASSERT_TRUE(make_directories(runs_ / "keep-me"));
  std::filesystem::create_directory_symlink(runs_ / "keep-me", runs_ / "01900000-0000-7000-8000-000000000000");
  HistoryLimits limits;
  limits.runs = 1;
  model::Pruned pruned;
  ASSERT_TRUE(prune_run_folders(runs_, limits, false, pruned));
  EXPECT_EQ(pruned.folders, 0U);
  EXPECT_TRUE(rh::is_directory(runs_ / begun));
  EXPECT_TRUE(rh::is_directory(runs_ / "keep-me"));
  EXPECT_TRUE(std::filesystem::is_symlink(runs_ / "01900000-0000-7000-8000-000000000000"));
}

TEST_F(RunFolders, ADryRunRemovesNothing) {
  add(1h);
  const std::string old = add(48h);
  HistoryLimits limits;
  limits.runs = 1;
  model::Pruned pruned;
  ASSERT_TRUE(prune_run_folders(runs_, limits, true, pruned));
  EXPECT_EQ(pruned.folders, 1U);
  EXPECT_TRUE(rh::is_directory(runs_ / old));
  ASSERT_TRUE(prune_run_folders(folder_.path() / "no such folder", limits, false, pruned));
}

}  // namespace
}  // namespace rh::engine
