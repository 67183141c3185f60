#include "collectors/sampling/kernel_file.h"

#include "collectors/sampling/cgroup_usage.h"
#include "tests/unit/sampling/fake_proc.h"

namespace rh::collectors {
namespace {

TEST(ParseStat, CommandMayHoldBlanksAndParentheses) {
  const auto stat = parse_stat("42 (tmux: (1) x) R 7 1 1 0 -1 0 0 0 0 0 30 12 5 6 20 0 4 0 987654 1 1");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->parent, 7);
  EXPECT_EQ(stat->own_ticks, 42U);
  EXPECT_EQ(stat->waited_ticks, 11U);
  EXPECT_EQ(stat->threads, 4U);
  EXPECT_EQ(stat->start_time, 987654U);
}

TEST(ParseStat, AnyCutIsRefusedOrReadButNeverReadBeyond) {
  const std::string line = "42 (cat) R 7 1 1 0 -1 0 0 0 0 0 30 12 5 6 20 0 4 0 987654";
  for (std::size_t length = 0; length < line.size(); ++length)
    EXPECT_EQ(parse_stat(std::string(line, 0, length)).has_value(), length > line.size() - 6) << length;
}

TEST(ParseKey, WholeKeyOnly) {
  EXPECT_EQ(parse_key("total_cache_x 3\ntotal_cache 4\n", "total_cache"), 4U);
  EXPECT_EQ(parse_key("read_bytes: 12\n", "read_bytes"), 12U);
  EXPECT_EQ(parse_key("cache 4\n", "shmem"), std::nullopt);
  EXPECT_EQ(parse_key("cache many\n", "cache"), std::nullopt);
}

TEST(ParseStatm, ResidentIsTheSecondField) {
  EXPECT_EQ(parse_statm("100 25 3 1 0 5 0\n"), 25U);
  EXPECT_EQ(parse_statm(""), std::nullopt);
}

TEST(KernelFile, KeptDescriptorSeesNewContent) {
  const FakeProc proc;
  ReadBuffer buffer;
  proc.write("usage", "1\n");
  KernelFile file((proc.root() / "usage").string(), true);
  EXPECT_EQ(file.read(buffer), "1\n");
  proc.write("usage", "22\n");
  EXPECT_EQ(file.read(buffer), "22\n");
  KernelFile missing((proc.root() / "absent").string(), true);
  EXPECT_EQ(missing.read(buffer), std::nullopt);
  EXPECT_EQ(missing.sys_errno(), ENOENT);
}

TEST(CgroupMemory, PageCacheOfFilesIsNotCounted) {
  const FakeProc cgroup;
  ReadBuffer buffer;
  cgroup.write("v1/memory.usage_in_bytes", "1000\n");
  cgroup.write("v1/memory.stat", "cache 1\ntotal_cache 700\ntotal_rss 300\ntotal_shmem 100\n");
  auto v1 = CgroupMemory::open(cgroup.root() / "v1", buffer);
  ASSERT_TRUE(v1);
  EXPECT_EQ(v1->read(buffer), 400U);
  EXPECT_EQ(v1->source(), "cgroup v1 memory.usage_in_bytes without page cache");

  cgroup.write("v2/memory.current", "1000\n");
  cgroup.write("v2/memory.stat", "anon 300\nfile 500\nshmem 100\nslab_reclaimable 50\nslab 60\n");
  auto v2 = CgroupMemory::open(cgroup.root() / "v2", buffer);
  ASSERT_TRUE(v2);
  EXPECT_EQ(v2->read(buffer), 550U);

  cgroup.write("plain/memory.current", "1000\n");
  auto plain = CgroupMemory::open(cgroup.root() / "plain", buffer);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->read(buffer), 1000U);
  EXPECT_EQ(plain->source(), "cgroup v2 memory.current");
  EXPECT_FALSE(CgroupMemory::open(cgroup.root() / "none", buffer));
}

TEST(CgroupCpu, BothVersionsAndTheThrottlingOnlyFile) {
  const FakeProc cgroup;
  ReadBuffer buffer;
  cgroup.write("v1/cpuacct.usage", "123456\n");
  cgroup.write("v2/cpu.stat", "usage_usec 42\nuser_usec 40\nsystem_usec 2\n");
  cgroup.write("throttle/cpu.stat", "nr_periods 0\nnr_throttled 0\n");
  EXPECT_EQ(CgroupCpu::open(cgroup.root() / "v1", buffer)->read_ns(buffer), 123456U);
  EXPECT_EQ(CgroupCpu::open(cgroup.root() / "v2", buffer)->read_ns(buffer), 42000U);
  EXPECT_FALSE(CgroupCpu::open(cgroup.root() / "throttle", buffer));
}

}  // namespace
}  // namespace rh::collectors
