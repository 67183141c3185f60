#include "profiles/thread_cpu.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "runner/base/file.h"

namespace rh::profiles {
namespace {

TEST(ThreadCpu, GoesToTheSamplesThatRan) {
  CpuCurve curve;
  curve.add(0, 0);
  curve.add(4000, 2000);
  curve.add(8000, 6000);
  std::vector<TimedSample> samples = {
      {1000, 1000, false}, {2000, 1000, true}, {4000, 2000, false}, {8000, 4000, false}, {9000, 1000, false}};
  spread_cpu(curve, samples);
  EXPECT_EQ(samples[0].cpu_ns, 666);  // a third of 2000: 1000 of 3000 that ran
  EXPECT_EQ(samples[1].cpu_ns, 0);    // it waited
  EXPECT_EQ(samples[2].cpu_ns, 1333);
  EXPECT_EQ(samples[3].cpu_ns, 4000);
  EXPECT_TRUE(samples[3].known);
  EXPECT_FALSE(samples[4].known) << "after the last reading";
}

TEST(ThreadCpu, WhatDoesNotFitGoesToThoseThatWaited) {
  CpuCurve curve;
  curve.add(0, 0);
  curve.add(1000, 5000);  // charged late: more than the window is long
  std::vector<TimedSample> samples = {{400, 400, false}, {1000, 600, true}};
  spread_cpu(curve, samples);
  EXPECT_EQ(samples[0].cpu_ns, 400);
  EXPECT_EQ(samples[1].cpu_ns, 600);
}

TEST(ThreadCpu, AThreadThatSleepsNeedsTwoKnots) {
  CpuCurve curve;
  for (int i = 0; i < 100; ++i) curve.add(i * 1000, 70);
  curve.add(50, 80);  // not later: ignored
  ASSERT_EQ(curve.knots().size(), 2U);
  EXPECT_EQ(curve.knots().back(), (std::pair<std::int64_t, std::int64_t>(99000, 70)));
}

TEST(ThreadCpu, ReadsTheThreadsOfAProcess) {
  const TempDir proc = TempDir::make("proc-").value();
  const auto task = proc.path() / "42/task/43";
  ASSERT_TRUE(make_directories(task));
  ASSERT_TRUE(write_file(task / "status", "Name:\tx\nNSpid:\t43\t7\n"));
  ASSERT_TRUE(write_file(task / "schedstat", "5000000 12 3\n"));
  ThreadClocks clocks(42, 1000, proc.path());
  EXPECT_TRUE(clocks.read(2000));
  ASSERT_NE(clocks.find(7), nullptr);
  EXPECT_EQ(clocks.find(43), nullptr);
  EXPECT_EQ(clocks.find(7)->knots(), (std::vector<std::pair<std::int64_t, std::int64_t>>{{1000, 0}, {2000, 5000000}}));
  EXPECT_FALSE(ThreadClocks(4711, 0, proc.path()).read(1));
}

}  // namespace
}  // namespace rh::profiles
