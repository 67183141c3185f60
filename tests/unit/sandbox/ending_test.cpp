// The table of endings: a limit is named only when its mechanism saw it.
#include "sandbox/ending.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace rh::sandbox {
namespace {

using model::Ending;

EndingFacts exited(int code) {
  EndingFacts facts;
  facts.status.exit_code = code;
  facts.memory_source = "cgroup v1 memory";
  facts.pids_source = "cgroup pids.max";
  return facts;
}

EndingFacts signaled(int signal) {
  EndingFacts facts = exited(0);
  facts.status.exit_code.reset();
  facts.status.signal = signal;
  return facts;
}

TEST(DecideEnding, PlainExitsAndSignalsStayWhatTheyAre) {
  EXPECT_EQ(decide_ending(exited(0)).ending, Ending::exited);
  EXPECT_EQ(decide_ending(exited(137)).ending, Ending::exited);
  EXPECT_EQ(decide_ending(signaled(SIGKILL)).ending, Ending::signaled);
  EXPECT_EQ(decide_ending(signaled(SIGXCPU)).ending, Ending::signaled);
  EXPECT_EQ(decide_ending(signaled(SIGXFSZ)).ending, Ending::signaled);
}

TEST(DecideEnding, MemoryNeedsTheCounterAndNothingElse) {
  for (EndingFacts facts : {signaled(SIGKILL), signaled(SIGSEGV), exited(1), exited(0)}) {
    facts.oom_kills = 2;
    EXPECT_EQ(decide_ending(facts).ending, Ending::memory);
    EXPECT_EQ(decide_ending(facts).detail, "cgroup v1 memory: oom_kill 2");
    facts.oom_kills = 0;
    EXPECT_NE(decide_ending(facts).ending, Ending::memory);
  }
}

TEST(DecideEnding, MemoryStoppedByTheRunnerHasTheLastCount) {
  EndingFacts facts = signaled(SIGKILL);
  facts.stopped_for = Ending::memory;
  facts.stop_detail = "cgroup v1 memory: oom_kill 1";
  facts.oom_kills = 3;
  EXPECT_EQ(decide_ending(facts).detail, "cgroup v1 memory: oom_kill 3");
  facts.oom_kills.reset();
  facts.stop_detail = "watchdog: 5 bytes over the limit of 4";
  EXPECT_EQ(decide_ending(facts).detail, "watchdog: 5 bytes over the limit of 4");
}

TEST(DecideEnding, OomKillThatTookInitWithItIsMemory) {
  EndingFacts facts;
  facts.oom_kills = 1;
  facts.memory_source = "cgroup v2 memory";
  EXPECT_EQ(decide_ending(facts).ending, Ending::memory);
}

TEST(DecideEnding, RefusedForksMatterOnlyWhenTheRunFailed) {
  EndingFacts facts = exited(1);
  facts.pids_refused = 7;
  EXPECT_EQ(decide_ending(facts).ending, Ending::pids);
  facts = exited(0);
  facts.pids_refused = 7;
  EXPECT_EQ(decide_ending(facts).ending, Ending::exited);
  EXPECT_EQ(decide_ending(facts).detail, "cgroup pids.max: 7 new processes refused");
}

TEST(DecideEnding, ABombThatOutlivesItsMainProcessIsPids) {
  EndingFacts facts = exited(0);
  facts.pids_exhausted = true;
  EXPECT_EQ(decide_ending(facts).ending, Ending::exited) << "nothing was refused";
  facts.pids_refused = 40;
  EXPECT_EQ(decide_ending(facts).ending, Ending::pids);
  facts.pids_refused.reset();
  facts.pids_at_limit = 64;
  EXPECT_EQ(decide_ending(facts).ending, Ending::pids);
}

TEST(DecideEnding, ATreeThatIsFullWhenItsTimeIsUpEndedForPids) {
  EndingFacts facts = signaled(SIGKILL);
  facts.stopped_for = Ending::wall_time;
  facts.stop_detail = "wall clock: 1.00 s passed";
  facts.pids_refused = 9;
  EXPECT_EQ(decide_ending(facts).ending, Ending::wall_time) << "it had room again";
  facts.pids_exhausted = true;
  EXPECT_EQ(decide_ending(facts).ending, Ending::pids);
  EXPECT_EQ(decide_ending(facts).detail,
            "cgroup pids.max: 9 new processes refused, to the end; wall clock: 1.00 s passed");
  facts.stopped_for = Ending::cancelled;
  EXPECT_EQ(decide_ending(facts).ending, Ending::cancelled);
}

TEST(DecideEnding, AFullTreeUnderAnRlimitMattersOnlyWhenTheRunFailed) {
  EndingFacts facts = exited(1);
  facts.pids_at_limit = 60;
  EXPECT_EQ(decide_ending(facts).ending, Ending::pids);
  EXPECT_EQ(decide_ending(facts).detail, "RLIMIT_NPROC: 60 processes and threads, the limit");
  facts = exited(0);
  facts.pids_at_limit = 60;
  EXPECT_EQ(decide_ending(facts).ending, Ending::exited);
}

TEST(DecideEnding, FileSizeNeedsALimitOfOurs) {
  EndingFacts facts = signaled(SIGXFSZ);
  facts.file_size_limited = true;
  EXPECT_EQ(decide_ending(facts).ending, Ending::file_size);
}

TEST(DecideEnding, TheRunnersOwnDecisionComesFirst) {
  EndingFacts facts = signaled(SIGKILL);
  facts.oom_kills = 1;
  facts.stopped_for = Ending::wall_time;
  facts.stop_detail = "wall clock: 1.00 s passed";
  EXPECT_EQ(decide_ending(facts).ending, Ending::wall_time);
  EXPECT_EQ(decide_ending(facts).detail, "wall clock: 1.00 s passed");
}

TEST(DecideEnding, NothingSeenIsInternal) { EXPECT_EQ(decide_ending({}).ending, Ending::internal); }

TEST(ReadWaitStatus, ExitCodeAndSignalAreKeptApart) {
  EXPECT_EQ(read_wait_status(3 << 8).exit_code, 3);
  EXPECT_FALSE(read_wait_status(3 << 8).signal);
  EXPECT_EQ(read_wait_status(SIGKILL).signal, SIGKILL);
  EXPECT_TRUE(read_wait_status(SIGSEGV | 0x80).core_dumped);
}

}  // namespace
}  // namespace rh::sandbox
