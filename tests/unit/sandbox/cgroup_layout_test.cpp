// What mountinfo and /proc/self/cgroup say on version 1, version 2, hybrid and container hosts.
#include "sandbox/cgroup_layout.h"

#include <gtest/gtest.h>

namespace rh::sandbox {
namespace {

TEST(CgroupLayout, VersionTwoUsesTheOwnGroup) {
  const auto layout = read_layout("31 24 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
                                  "0::/user.slice/user-1000.slice/session-2.scope\n");
  EXPECT_EQ(layout.unified, "/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope");
  EXPECT_EQ(layout.unified_mount, "/sys/fs/cgroup");
  EXPECT_TRUE(layout.memory.empty());
}

TEST(CgroupLayout, VersionOneFindsEachControllerAlsoWhenMountedTogether) {
  const auto layout = read_layout(
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n",
      "4:memory:/job/7\n2:cpu,cpuacct:/\n8:pids:/job\n");
  EXPECT_EQ(layout.memory, "/sys/fs/cgroup/memory/job/7");
  EXPECT_EQ(layout.cpu, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(layout.bandwidth, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(layout.pids, "/sys/fs/cgroup/pids/job");
  EXPECT_TRUE(layout.unified.empty());
}

TEST(CgroupLayout, HybridHasBoth) {
  const auto layout = read_layout(
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      "4:memory:/a\n0::/b\n");
  EXPECT_EQ(layout.memory, "/sys/fs/cgroup/memory/a");
  EXPECT_EQ(layout.unified, "/sys/fs/cgroup/unified/b");
}

TEST(CgroupLayout, ContainerMountShowsASubtree) {
  const auto layout = read_layout("35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                                  "4:memory:/docker/abc/inner\n");
  EXPECT_EQ(layout.memory, "/sys/fs/cgroup/memory/inner");
}

TEST(CgroupLayout, EscapedBlanksInMountPoints) {
  const auto layout = read_layout("35 31 0:32 / /mnt/a\\040b rw - cgroup cgroup rw,memory\n", "4:memory:/\n");
  EXPECT_EQ(layout.memory, "/mnt/a b");
}

TEST(CgroupLayout, NoCgroupsAtAll) {
  const auto layout = read_layout("22 27 0:21 / /proc rw - proc proc rw\n", "");
  EXPECT_TRUE(layout.memory.empty() && layout.unified.empty());
}

}  // namespace
}  // namespace rh::sandbox
