// Programs that take more than they were given.
#include <signal.h>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

using model::Ending;
using std::chrono::milliseconds;

class LimitsTest : public Sandboxed {};

TEST_F(LimitsTest, MemoryHogEndsAsMemoryWithTheMechanismNamed) {
  auto asked = python("b = bytearray(400 << 20)\nfor i in range(0, len(b), 4096): b[i] = 1\nprint('survived')");
  asked.limits.memory_bytes = 128U << 20;
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::memory) << result.record.ending_detail << result.err;
  EXPECT_FALSE(result.record.ending_detail.empty());
  EXPECT_EQ(result.out, "");
  const auto limits_row = row(result, "memory limit");
  EXPECT_NE(limits_row.state, model::MechanismState::refused);
}

TEST_F(LimitsTest, OomKilledGrandchildEndsTheTreeThoughTheMainProcessIsHappy) {
  auto asked = python(
      "import os\npid = os.fork()\nif pid == 0:\n  b = bytearray(400 << 20)\n  os._exit(0)\nos.waitpid(pid, "
      "0)\nprint('all passed')");
  asked.limits.memory_bytes = 128U << 20;
  const Result result = run(asked);
  if (!result.record.oom_kills) GTEST_SKIP() << "no memory control group: " << row(result, "memory limit").reason;
  EXPECT_EQ(result.record.ending, Ending::memory) << result.record.ending_detail;
  EXPECT_GE(*result.record.oom_kills, 1U);
  EXPECT_NE(result.record.ending_detail.find(result.record.sources.oom_kills), std::string::npos);
}

TEST_F(LimitsTest, TmpfsCountsAsMemory) {
  auto asked = shell("head -c 300000000 /dev/zero > /dev/shm/fill; echo survived");
  asked.limits.memory_bytes = 64U << 20;
  asked.limits.tmp_bytes = 512U << 20;
  const Result result = run(asked);
  if (!result.record.oom_kills) GTEST_SKIP() << "no memory control group: " << row(result, "memory limit").reason;
  EXPECT_GE(*result.record.oom_kills, 1U);
}

TEST_F(LimitsTest, ForkBombIsStopped) {
  auto asked = shell("bomb() { bomb | bomb & }; bomb; sleep 60");
  asked.limits.pids = 64;
  asked.limits.wall = milliseconds(1500);
  const Result result = run(asked);
  EXPECT_TRUE(result.record.ending == Ending::wall_time || result.record.ending == Ending::pids)
      << result.record.ending_detail;
  EXPECT_NE(row(result, "process limit").state, model::MechanismState::refused);
}

TEST_F(LimitsTest, CpuBurnOverSeveralProcessesIsSummed) {
  auto asked = shell("for i in 1 2 3; do (while :; do :; done) & done; wait");
  asked.limits.cpu = milliseconds(300);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::cpu_time) << result.record.ending_detail;
  EXPECT_FALSE(result.record.ending_detail.empty());
}

TEST_F(LimitsTest, OutputFloodIsCutAndTheRunEnds) {
  auto asked = shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done");
  asked.limits.output_bytes = 100'000;
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::output_limit);
  EXPECT_EQ(result.out.size(), 100'000U);
  EXPECT_TRUE(result.record.output_truncated);
  EXPECT_GT(result.record.output_bytes, 100'000U);
}

TEST_F(LimitsTest, UsageOfAKnownBurnIsExactWithAControlGroup) {
  const Result result =
      run(python("import os, time\npids = []\nfor i in range(4):\n  pid = os.fork()\n  if pid == 0:\n    t = "
                 "time.process_time() + 0.05\n    while time.process_time() < t: pass\n    os._exit(0)\n  "
                 "pids.append(pid)\nfor p in pids: os.waitpid(p, 0)"));
  ASSERT_TRUE(result.record.usage.user_cpu.value);
  EXPECT_GE(*result.record.usage.user_cpu.value + *result.record.usage.system_cpu.value, milliseconds(200));
  ASSERT_TRUE(result.record.usage.peak_memory.value) << result.record.usage.peak_memory.reason;
  EXPECT_GT(*result.record.usage.peak_memory.value, 1U << 20);
}

}  // namespace
}  // namespace rh::escape
