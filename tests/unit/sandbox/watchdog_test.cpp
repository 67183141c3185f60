// What the watchdog makes of a tree: when it looks again, when it looks closely, and when it is enough.
#include "sandbox/watchdog.h"

#include "tests/unit/sandbox/fake_proc.h"

namespace rh::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMiB = 1U << 20;

class WatchdogTest : public FakeProc {
 protected:
  void shared_memory_of_host(std::uint64_t kilobytes) const {
    ASSERT_TRUE(write_file(folder_.path() / "meminfo", fmt::format("MemTotal: 9 kB\nShmem:  {} kB\n", kilobytes)));
  }
  [[nodiscard]] Watchdog limited_to(std::uint64_t bytes) const { return {tree(), 10, {.memory_bytes = bytes}}; }
};

TEST_F(WatchdogTest, JudgesByShareNotByResidentSize) {
  add({.pid = 10, .children = "11 12 "});
  for (int pid : {11, 12})
    add({.pid = pid, .children = "", .anonymous_kilobytes = 102'400, .own_share_kilobytes = 51'200});
  Watchdog calm = limited_to(150 * kMiB);
  EXPECT_FALSE(calm.look(milliseconds(1)));
  EXPECT_EQ(calm.peak_bytes(), 100 * kMiB);
  Watchdog strict = limited_to(90 * kMiB);
  const auto alarm = strict.look(milliseconds(1));
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->ending, model::Ending::memory);
}

TEST_F(WatchdogTest, FarFromTheLimitResidentSizeIsEnough) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .anonymous_kilobytes = 102'400, .own_share_kilobytes = 1});
  Watchdog watchdog = limited_to(1024 * kMiB);
  EXPECT_FALSE(watchdog.look(milliseconds(1)));
  EXPECT_EQ(watchdog.peak_bytes(), 100 * kMiB);
}

TEST_F(WatchdogTest, PageTablesCount) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .page_tables_kilobytes = 371 * 1024});
  EXPECT_TRUE(limited_to(300 * kMiB).look(milliseconds(1)));
  EXPECT_FALSE(limited_to(400 * kMiB).look(milliseconds(1)));
}

TEST_F(WatchdogTest, ProcessWithoutItsMainThreadCounts) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11,
       .children = "",
       .state = 'Z',
       .threads = 2,
       .anonymous_kilobytes = 307'200,
       .own_share_kilobytes = 307'200});
  EXPECT_TRUE(limited_to(200 * kMiB).look(milliseconds(1)));
}

TEST_F(WatchdogTest, LooksOftenerTheNearerTheLimitIs) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .anonymous_kilobytes = 102'400, .own_share_kilobytes = 102'400});
  Watchdog near = limited_to(101 * kMiB), far = limited_to(4096 * kMiB);
  EXPECT_FALSE(near.look(milliseconds(100)));
  EXPECT_FALSE(far.look(milliseconds(100)));
  EXPECT_LT(near.next_look(), far.next_look());
  EXPECT_GE(near.next_look(), milliseconds(101));
  EXPECT_GE(far.next_look(), milliseconds(120));
}

TEST_F(WatchdogTest, AfterACloseLookOnlyGrowthIsSuspicious) {
  add({.pid = 10, .children = "11 "});
  const auto shares = [&](std::uint64_t resident, std::uint64_t share) {
    add({.pid = 11, .children = "", .shared_kilobytes = resident, .shared_share_kilobytes = share});
  };
  shares(200 * 1024, 20 * 1024);
  Watchdog watchdog = limited_to(100 * kMiB);
  EXPECT_FALSE(watchdog.look(milliseconds(100)));
  // Far more than the limit if it were looked at closely; but nothing has been touched since.
  shares(200 * 1024, 300 * 1024);
  EXPECT_FALSE(watchdog.look(milliseconds(1000)));
  shares(400 * 1024, 300 * 1024);
  EXPECT_TRUE(watchdog.look(milliseconds(2000)));
}

TEST_F(WatchdogTest, SharedMemoryOfTheHostIsOnlyAHint) {
  shared_memory_of_host(1000);
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .anonymous_kilobytes = 1024, .own_share_kilobytes = 1024});
  Watchdog watchdog = limited_to(100 * kMiB);
  shared_memory_of_host(500 * 1024);
  EXPECT_FALSE(watchdog.look(milliseconds(100))) << "somebody else's";
  EXPECT_EQ(watchdog.peak_bytes(), kMiB);
}

TEST_F(WatchdogTest, CountsThreads) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = "", .threads = 9});
  Watchdog watchdog(tree(), 10, {.pids = 8});
  const auto alarm = watchdog.look(milliseconds(1));
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->ending, model::Ending::pids);
}

TEST_F(WatchdogTest, TheLastCountIncludesTheCommandThatIsGone) {
  add({.pid = 10, .children = "12 13 "});
  add({.pid = 12, .children = ""});
  add({.pid = 13, .children = ""});
  Watchdog roomy(tree(), 10, {.pids = 8});
  EXPECT_FALSE(roomy.pids_exhausted());
  EXPECT_EQ(roomy.peak_threads(), 3U);
  Watchdog full(tree(), 10, {.pids = 3});
  EXPECT_TRUE(full.pids_exhausted());
}

}  // namespace
}  // namespace rh::sandbox
