// Reading a tree of processes and watching its limits, from a /proc made of files.
#include "sandbox/process_tree.h"

#include <gtest/gtest.h>

#include "runner/base/file.h"
#include "sandbox/watchdog.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class FakeProc : public ::testing::Test {
 protected:
  FakeProc() : folder_(*TempDir::make("rh-proc")) {}

  struct Process {
    int pid;
    std::string children;
    char state = 'S';
    int threads = 1;
    std::uint64_t resident_pages = 0;
    std::uint64_t pss_kilobytes = 0;
    std::uint64_t page_tables_kilobytes = 0;
    std::string name = "a b) c";  // a name may hold blanks and brackets
  };

  void add(const Process& process) {
    const fs::path folder = folder_.path() / std::to_string(process.pid);
    const fs::path task = folder / "task" / std::to_string(process.pid);
    fs::create_directories(task);
    const auto put = [](const fs::path& path, const std::string& text) { ASSERT_TRUE(write_file(path, text)); };
    put(task / "children", process.children);
    put(folder / "stat", std::to_string(process.pid) + " (" + process.name + ") " + process.state +
                             " 1 1 1 0 -1 0 0 0 0 0 30 20 7 3 20 0 " + std::to_string(process.threads) + " 0 0\n");
    put(folder / "statm", "0 " + std::to_string(process.resident_pages) + " 0 0 0 0 0\n");
    put(folder / "smaps_rollup", "Rss: 9 kB\nPss:   " + std::to_string(process.pss_kilobytes) + " kB\nSwapPss: 0 kB\n");
    put(folder / "status", "VmPTE:\t" + std::to_string(process.page_tables_kilobytes) + " kB\n");
    put(folder / "cmdline", std::string("prog\0--flag\0", 12));
  }

  [[nodiscard]] ProcessTree tree() const { return ProcessTree(folder_.path().string()); }
  TempDir folder_;
};

TEST_F(FakeProc, DescendantsAreFoundThroughEveryLevel) {
  add({.pid = 10, .children = "11 12 "});
  add({.pid = 11, .children = "13 "});
  add({.pid = 12, .children = ""});
  add({.pid = 13, .children = ""});
  EXPECT_EQ(tree().descendants(10), (std::vector<int>{11, 12, 13}));
  EXPECT_TRUE(tree().descendants(99).empty());
}

TEST_F(FakeProc, StateZIsAliveWhileThreadsRunOn) {
  add({.pid = 10, .children = "", .state = 'Z'});
  add({.pid = 11, .children = "", .state = 'Z', .threads = 3});
  EXPECT_FALSE(tree().alive(10));
  EXPECT_TRUE(tree().alive(11));
  EXPECT_FALSE(tree().alive(12));
}

TEST_F(FakeProc, ClocksAndCommandLine) {
  add({.pid = 10, .children = ""});
  EXPECT_EQ(tree().cpu_time(10), milliseconds(500));
  EXPECT_EQ(tree().reaped_cpu_time(10), milliseconds(100));
  EXPECT_EQ(tree().command_line(10), "prog --flag");
  EXPECT_EQ(tree().threads(10), 1U);
}

TEST_F(FakeProc, WatchdogJudgesByShareNotByResidentSize) {
  add({.pid = 10, .children = "11 12 "});
  add({.pid = 11, .children = "", .resident_pages = 25'600, .pss_kilobytes = 51'200});
  add({.pid = 12, .children = "", .resident_pages = 25'600, .pss_kilobytes = 51'200});
  Watchdog calm(tree(), 10, {.memory_bytes = 150U << 20, .pids = std::nullopt});
  EXPECT_FALSE(calm.look(milliseconds(1)));
  EXPECT_EQ(calm.peak_bytes(), 200U << 20);
  Watchdog strict(tree(), 10, {.memory_bytes = 90U << 20, .pids = std::nullopt});
  const auto alarm = strict.look(milliseconds(1));
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->ending, model::Ending::memory);
}

TEST_F(FakeProc, WatchdogLooksOftenerNearTheLimit) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .resident_pages = 25'600, .pss_kilobytes = 102'400});
  Watchdog near(tree(), 10, {.memory_bytes = 150U << 20, .pids = std::nullopt});
  Watchdog far(tree(), 10, {.memory_bytes = 1U << 30, .pids = std::nullopt});
  EXPECT_FALSE(near.look(milliseconds(1)));
  EXPECT_FALSE(far.look(milliseconds(1)));
  EXPECT_LT(near.next_look(), far.next_look());
}

TEST_F(FakeProc, WatchdogCountsThreads) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .threads = 9});
  Watchdog watchdog(tree(), 10, {.memory_bytes = std::nullopt, .pids = 8});
  const auto alarm = watchdog.look(milliseconds(1));
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->ending, model::Ending::pids);
}

TEST_F(FakeProc, TheLastCountIncludesTheCommandThatIsGone) {
  add({.pid = 10, .children = "12 13 "});
  add({.pid = 12, .children = ""});
  add({.pid = 13, .children = ""});
  Watchdog watchdog(tree(), 10, {.memory_bytes = std::nullopt, .pids = 8});
  watchdog.count_last_threads();
  EXPECT_EQ(watchdog.peak_threads(), 3U);
}

}  // namespace
}  // namespace rh::sandbox
