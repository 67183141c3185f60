// Reading a tree of processes, from a /proc made of files.
#include "sandbox/process_tree.h"

#include <sys/sysmacros.h>

#include "sandbox/process_clocks.h"
#include "tests/unit/sandbox/fake_proc.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

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
  EXPECT_EQ(tree().cpu_time(10).user, milliseconds(300));
  EXPECT_EQ(tree().cpu_time(10).system, milliseconds(200));
  EXPECT_EQ(tree().reaped_cpu_time(10).total(), milliseconds(100));
  EXPECT_EQ(tree().command_line(10), "prog --flag");
  EXPECT_EQ(tree().threads(10), 1U);
  EXPECT_EQ(tree().start_ticks(10), 4711U);
  EXPECT_FALSE(tree().start_ticks(11));
}

TEST_F(FakeProc, TheLargestSumOfClocksStays) {
  add({.pid = 10, .children = "11 "});
  add({.pid = 11, .children = ""});
  ProcessClocks clocks(tree(), 10);
  EXPECT_EQ(clocks.look().total(), milliseconds(700));
  fs::remove_all(folder_.path() / "11");
  EXPECT_EQ(clocks.look().total(), milliseconds(700));
  EXPECT_EQ(clocks.largest().user, milliseconds(440));
}

TEST_F(FakeProc, MemoryOfAProcessWhoseMainThreadHasEndedIsThatOfTheOthers) {
  add({.pid = 10,
       .children = "",
       .state = 'Z',
       .threads = 2,
       .anonymous_kilobytes = 300,
       .own_share_kilobytes = 200,
       .page_tables_kilobytes = 5});
  EXPECT_EQ(tree().memory(10).total(), 305U << 10);
  EXPECT_EQ(tree().memory_share(10).total(), 205U << 10);
  add({.pid = 11, .children = "", .state = 'Z', .anonymous_kilobytes = 300});
  EXPECT_EQ(tree().memory(11).total(), 0U);
}

TEST_F(FakeProc, ShareOfMappedFilesIsFoundByDeviceAndInode) {
  add({.pid = 10, .children = ""});
  ASSERT_TRUE(write_file(folder_.path() / "10/smaps",
                         "1000-2000 rw-s 00000000 00:1a 4711    /dev/shm/a b\nRss: 8 kB\nPss:   4 kB\n"
                         "VmFlags: rd wr sh mr mw me\n3000-4000 rw-p 00000000 00:00 0 \nPss: 16 kB\n"
                         "5000-6000 r--p 00000000 00:1a 9   /x\nPss: 32 kB\n"));
  FileSet files;
  files.files.insert({makedev(0, 0x1a), 4711});
  EXPECT_EQ(tree().mapped_share(10, files), 4U << 10);
  files.devices.insert(makedev(0, 0x1a));
  EXPECT_EQ(tree().mapped_share(10, files), 36U << 10);
  EXPECT_FALSE(tree().mapped_share(11, files));
}

}  // namespace
}  // namespace rh::sandbox
