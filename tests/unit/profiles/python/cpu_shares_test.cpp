#include "profiles/python/cpu_shares.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "profiles/python/task_table.h"

namespace rh::profiles::python {
namespace {

constexpr std::int64_t kMs = 1'000'000;

Sample at(std::int64_t ms) {
  Sample sample;
  sample.time_ns = ms * kMs;
  sample.wall_ns = kMs;
  return sample;
}

TEST(CpuShares, ALateChargeBelongsToTheSamplesBeforeIt) {
  ProfileBuilder builder(0);
  CpuShares shares;
  for (int ms = 1; ms <= 4; ++ms) shares.add(at(ms), true, true, ms == 4 ? 4 * kMs : 0, builder);
  const model::Profile profile = builder.take();
  EXPECT_EQ(profile.samples.cpu_ns, (std::vector<std::uint32_t>{1'000'000, 1'000'000, 1'000'000, 1'000'000}));
  EXPECT_EQ(profile.samples.state[0] & model::kOnCpu, model::kOnCpu);
}

TEST(CpuShares, WhatStoodStillGetsTheRest) {
  ProfileBuilder builder(0);
  CpuShares shares;
  // Pushed aside by another program for two of four milliseconds.
  shares.add(at(1), true, true, 0, builder);
  shares.add(at(2), true, false, 0, builder);
  shares.add(at(3), true, false, 0, builder);
  shares.add(at(4), true, true, 2 * kMs, builder);
  const model::Profile profile = builder.take();
  EXPECT_EQ(profile.samples.cpu_ns, (std::vector<std::uint32_t>{1'000'000, 0, 0, 1'000'000}));
  EXPECT_EQ(profile.samples.state[1] & model::kOnCpu, 0);
}

TEST(CpuShares, WhatRanUnseenIsNotGivenToAWait) {
  ProfileBuilder builder(0);
  CpuShares shares;
  shares.add(at(1), false, false, kMs / 2, builder);  // it ran and sleeps again
  shares.add(at(2), false, false, kMs / 2, builder);
  shares.add(at(3), true, true, 0, builder);
  shares.add(at(4), false, false, kMs / 2, builder);
  shares.finish(builder);
  const model::Profile profile = builder.take();
  EXPECT_EQ(profile.samples.cpu_ns, (std::vector<std::uint32_t>{0, 0, 1'500'000, 0}));
}

TEST(CpuShares, NothingIsLostAtTheEnd) {
  ProfileBuilder builder(0);
  CpuShares shares;
  shares.add(at(1), true, true, 5 * kMs, builder);
  shares.finish(builder);
  const model::Profile profile = builder.take();
  std::uint64_t cpu = 0, wall = 0;
  for (const std::uint32_t each : profile.samples.cpu_ns) cpu += each;
  for (const std::uint32_t each : profile.samples.wall_ns) wall += each;
  EXPECT_EQ(cpu, 5'000'000U);
  EXPECT_EQ(wall, 1'000'000U);
}

TEST(CpuShares, AThreadThatWaitsForACpuIsNotHeldForEver) {
  ProfileBuilder builder(0);
  CpuShares shares;
  for (int ms = 1; ms <= 100; ++ms) shares.add(at(ms), true, false, 0, builder);
  EXPECT_GT(builder.profile().samples.time_ns.size(), 50U);
}

TEST(TaskTable, ReadsTheFilesOfTheKernel) {
  std::int64_t charged = 0;
  std::uint64_t switches = 0;
  EXPECT_TRUE(parse_schedstat("87029 12 41\n", charged, switches));
  EXPECT_EQ(charged, 87029);
  EXPECT_EQ(switches, 41U);
  EXPECT_FALSE(parse_schedstat("", charged, switches));
  EXPECT_FALSE(parse_schedstat("12 x", charged, switches));
#if defined(__x86_64__)
  EXPECT_EQ(parse_futex("202 0x7f00aa10 0x189 0x0 0x7ffc 0x0 0xffffffff 0x7ffc 0x7fe6"), 0x7f00aa10U);
#endif
  EXPECT_EQ(parse_futex("0 0x3 0x7fe60b5fd000 0x20000"), 0U);
  EXPECT_EQ(parse_futex("running\n"), 0U);
  EXPECT_EQ(parse_futex(""), 0U);
}

TEST(TaskTable, ListsTheThreadsOfThisProcess) {
  TaskTable tasks(getpid());
  ASSERT_TRUE(tasks.list());
  ASSERT_NE(tasks.find(getpid()), nullptr);
  EXPECT_EQ(tasks.find_inner(tasks.find(getpid())->inner_tid), tasks.find(getpid()));
  EXPECT_TRUE(tasks.look());
  EXPECT_FALSE(tasks.find(getpid())->quiet);
  const std::uint64_t version = tasks.version();
  EXPECT_TRUE(tasks.list());
  EXPECT_EQ(tasks.version(), version);
}

}  // namespace
}  // namespace rh::profiles::python
