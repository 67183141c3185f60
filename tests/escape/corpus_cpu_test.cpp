// Group C of the corpus, CPU time: more than was given, and time that nobody waits for.
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <numeric>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

using model::Ending;
using model::Scope;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kLimit{300};

void limit_cpu(sandbox::LaunchSpec& spec) { spec.limits.cpu = kLimit; }

nanoseconds cpu_of(const Ran& ran) {
  return ran.record.usage.user_cpu.value.value_or(nanoseconds{}) +
         ran.record.usage.system_cpu.value.value_or(nanoseconds{});
}

// Between the limit and 100 ms more, by the sandbox's own figures.
void expect_ended_by_cpu(const Ran& ran) {
  EXPECT_EQ(ran.record.ending, Ending::cpu_time) << ran.everything();
  EXPECT_GE(cpu_of(ran), kLimit - milliseconds(10)) << ran.everything();
  EXPECT_LE(cpu_of(ran), kLimit + milliseconds(100)) << ran.everything();
}

// Within the share or 15 ms of what the probe's own clocks say: the set-up's own time is in the figure.
void expect_near(nanoseconds measured, nanoseconds known, double share) {
  const auto tolerance = std::max<double>(share * static_cast<double>(known.count()), 15e6);
  EXPECT_NEAR(static_cast<double>(measured.count()), static_cast<double>(known.count()), tolerance);
}

void expect_scope(const Ran& ran) {
  if (column() == Column::root) {
    EXPECT_EQ(ran.record.usage.user_cpu.scope, Scope::exact_process);
    return;
  }
  EXPECT_EQ(ran.record.usage.user_cpu.scope, Scope::lower_bound);
  EXPECT_FALSE(ran.record.usage.user_cpu.reason.empty());
}

TEST_F(Corpus, B24_LeavesTheProcessorsThatItWasGiven) {
  EXPECT_EQ(uncaged("spread", {"200"}).said("affinity 0"), "ok");
  sandbox::LaunchSpec asked = probe_spec("spread", {"600"});
  asked.limits.cpus = 0.5;
  const Ran ran = run(asked);
  // No processors are set aside: what is limited is the time on all of them together.
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  if (column() != Column::root) return expect_admitted(ran, "cpu bandwidth");
  expect_enforced(ran, "cpu bandwidth");
  const double share = static_cast<double>(cpu_of(ran).count()) / static_cast<double>(ran.record.usage.wall.count());
  EXPECT_LE(share, 0.65) << "spread over all processors it gets no more";
}

TEST_F(Corpus, C12_BurnsInOneProcess) {
  EXPECT_EQ(uncaged("burn", {"500"}).code(), 0);
  expect_ended_by_cpu(caged("burn", {"0"}, limit_cpu));
}

TEST_F(Corpus, C13_BurnsInThreadsAndChildren) {
  EXPECT_EQ(uncaged("burn", {"60", "8"}).code(), 0);
  expect_ended_by_cpu(caged("burn", {"0", "8"}, limit_cpu));
  EXPECT_GE(std::stol(uncaged("burn_children", {"50", "10"}).said("burned")), 500'000);
  expect_ended_by_cpu(caged("burn_children", {"50", "0"}, limit_cpu));
}

TEST_F(Corpus, C14_BurnsInChildrenThatNobodyWaitsFor) {
  const Words arguments{"100", "4", "ignore"};
  EXPECT_GE(std::stol(uncaged("burn_children", arguments).said("burned")), 400'000);
  const Ran ran = caged("burn_children", arguments);
  ASSERT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  const microseconds known(std::stol(ran.said("burned")));
  expect_scope(ran);
  if (column() == Column::root) {
    expect_near(cpu_of(ran), known, 0.05);
    return expect_ended_by_cpu(caged("burn_children", {"400", "4", "ignore"}, limit_cpu));
  }
  EXPECT_LE(cpu_of(ran), known + milliseconds(50)) << "a lower bound is not above the truth";
}

TEST_F(Corpus, C15_BurnsInOrphans) {
  EXPECT_GE(std::stol(uncaged("burn_orphans", {"4", "150"}).said("burned")), 600'000);
  const Ran ran = caged("burn_orphans", {"4", "150"});
  ASSERT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  expect_near(cpu_of(ran), microseconds(std::stol(ran.said("burned"))), 0.02);
  expect_scope(ran);
}

TEST_F(Corpus, C16_BurnsUntilTheWallLimitKillsIt) {
  const std::filesystem::path ledger = workspace() / "ledger";
  const Ran ran = caged("burn_ledger", {ledger, "4"}, [](auto& spec) {
    spec.limits.wall = milliseconds(600);
    spec.limits.grace = milliseconds(0);
  });
  EXPECT_EQ(ran.record.ending, Ending::wall_time) << ran.everything();
  const std::string clocks = text_of(ledger);
  ASSERT_EQ(clocks.size(), 4 * sizeof(std::int64_t));
  std::int64_t known[4];
  std::memcpy(known, clocks.data(), clocks.size());
  const nanoseconds burned(std::accumulate(known, known + 4, std::int64_t{0}));
  EXPECT_GE(burned, milliseconds(60)) << "control: the processes' own clocks, kept outside of the sandbox";
  // What they burned after their last entry, and what their end took, is in no ledger.
  EXPECT_GE(cpu_of(ran), burned - milliseconds(15)) << ran.everything();
  EXPECT_LE(cpu_of(ran), burned + milliseconds(150)) << ran.everything();
  expect_scope(ran);
}

TEST_F(Corpus, C17_SleepsPastTheWallLimit) {
  EXPECT_EQ(uncaged("stubborn", {"0"}).code(), 0);
  const Ran ran = caged("stubborn", {"60"}, [](auto& spec) {
    spec.limits.wall = milliseconds(300);
    limit_cpu(spec);
  });
  EXPECT_EQ(ran.record.ending, Ending::wall_time) << ran.everything();
  EXPECT_LE(cpu_of(ran), milliseconds(100));
}

TEST_F(Corpus, C18_CatchesTheSignalOfItsTimeAndGoesOn) {
  weaker_control("it would burn for ever: what it says of its own signal is the control");
  const Ran ran = caged("burn_stubborn", {}, limit_cpu);
  EXPECT_EQ(ran.said("catch SIGXCPU"), "ok");
  EXPECT_EQ(ran.record.ending, Ending::cpu_time) << ran.everything();
  EXPECT_EQ(ran.record.status.signal, SIGKILL);
  EXPECT_EQ(ran.record.signals_sent, (std::vector<int>{SIGTERM, SIGKILL}));
  EXPECT_LE(cpu_of(ran), kLimit + milliseconds(200 + 100)) << "the grace is all that it gains";
}

}  // namespace
}  // namespace rh::escape
