// The recording loop on real processes. No profiler is needed for what is asserted here: processes, their
// memory and their ends; what profilers see has tests of its own.
#include "profiles/recording.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "profiles/target.h"
#include "runner/base/file.h"

namespace rh::profiles {
namespace {

Launch shell(const std::string& script) {
  Launch launch;
  launch.argv = {"sh", "-c", script};
  launch.env = {"PATH=/usr/bin:/bin"};
  launch.cwd = "/";
  launch.executable = "/bin/sh";
  return launch;
}

struct Outcome {
  model::Profile profile;
  TargetEnd end;
};

Outcome record(const Launch& launch, RecordingOptions options = {}) {
  const TempDir scratch = TempDir::make("recording-test-").value();
  options.scratch = scratch.path();
  Recording recording(options);
  Target target = Target::start(launch).value();
  recording.start(target.pid());
  EXPECT_TRUE(target.release());
  Outcome outcome;
  outcome.end = target.wait();
  outcome.profile = recording.finish({});
  return outcome;
}

const model::ProfileProcess* find(const model::Profile& profile, std::string_view command) {
  for (const model::ProfileProcess& process : profile.processes)
    if (process.command == command) return &process;
  return nullptr;
}

TEST(Target, PassesTheEndOfTheProgramOn) {
  Target target = Target::start(shell("exit 7")).value();
  ASSERT_TRUE(target.release());
  EXPECT_EQ(target.wait().status.exit_code, 7);
  Target killed = Target::start(shell("kill -9 $$")).value();
  ASSERT_TRUE(killed.release());
  EXPECT_EQ(killed.wait().status.signal, SIGKILL);
}

TEST(Target, SaysWhyAProgramCannotStart) {
  Launch launch = shell("");
  launch.executable = "/nowhere/program";
  Target target = Target::start(launch).value();
  const auto released = target.release();
  ASSERT_FALSE(released);
  EXPECT_EQ(released.error().sys_errno, ENOENT);
}

TEST(Recording, FollowsChildrenAndTheirsThroughExec) {
  const Outcome seen = record(shell("sh -c 'exec sleep 0.3' & wait; exec sleep 0.2"));
  EXPECT_EQ(seen.end.status.exit_code, 0);
  const model::ProfileProcess* child = find(seen.profile, "sleep 0.3");
  const model::ProfileProcess* root = find(seen.profile, "sleep 0.2");
  ASSERT_NE(child, nullptr);
  ASSERT_NE(root, nullptr) << "the shell became another program";
  EXPECT_NE(child->parent, model::kNoIndex);
  EXPECT_EQ(seen.profile.processes.at(child->parent).pid, root->pid);
  EXPECT_GE(child->end_ns, child->start_ns);
  EXPECT_TRUE(child->peak_rss.value.has_value());
}

// The kernel lists the children of each thread apart, and threads come while the files of others stay open.
TEST(Recording, FollowsChildrenOfThreadsThatBeganLater) {
  if (!is_file("/usr/bin/python3")) GTEST_SKIP() << "python3 is missing";
  Launch launch = shell("");
  launch.argv = {"python3", "-c",
                 "import subprocess, threading, time\n"
                 "time.sleep(0.2)\n"
                 "for _ in range(2):\n"
                 "  t = threading.Thread(target=subprocess.run, args=(['sleep', '0.3'],)); t.start(); t.join()\n"};
  launch.executable = "/usr/bin/python3";
  const Outcome seen = record(launch);
  EXPECT_EQ(seen.end.status.exit_code, 0);
  const auto sleeps = std::count_if(seen.profile.processes.begin(), seen.profile.processes.end(),
                                    [](const auto& process) { return process.command == "sleep 0.3"; });
  EXPECT_EQ(sleeps, 2);
}

TEST(Recording, LeavesChildrenAloneWhenAsked) {
  RecordingOptions options;
  options.follow_children = false;
  const Outcome seen = record(shell("sleep 0.2 & wait"), options);
  EXPECT_EQ(find(seen.profile, "sleep 0.2"), nullptr);
  // A busy machine may show the root twice: in the middle of exec, and behind it.
  for (const model::ProfileProcess& process : seen.profile.processes)
    EXPECT_EQ(process.pid, seen.profile.processes.front().pid) << process.command;
}

TEST(Recording, TheTimelineGrowsAndSharesItsLength) {
  const Outcome seen = record(shell("sleep 0.3"));
  const model::ProfileTimeline& line = seen.profile.timeline;
  ASSERT_GT(line.time_ns.size(), 2U);
  for (const std::size_t size :
       {line.cpu_ns.size(), line.rss_bytes.size(), line.pss_bytes.size(), line.processes.size(), line.threads.size()})
    EXPECT_EQ(size, line.time_ns.size());
  EXPECT_TRUE(std::is_sorted(line.time_ns.begin(), line.time_ns.end()));
  EXPECT_TRUE(std::is_sorted(line.cpu_ns.begin(), line.cpu_ns.end()));
  EXPECT_TRUE(seen.profile.memory.bytes.value.has_value());
  EXPECT_LT(*seen.profile.memory.bytes.value, 64U << 20) << "a shell is small";
}

TEST(Recording, TheFourCountsOfEachProcessAddUp) {
  const Outcome seen = record(shell("sleep 0.2"));
  for (const model::ProfileProcess& process : seen.profile.processes) {
    const model::SampleQuality& quality = process.quality;
    EXPECT_EQ(quality.expected, quality.taken + quality.rejected + quality.idle + quality.late);
  }
}

// A sandbox that could not be set up holds another process the next time.
TEST(Recording, BeginsAnewWithAnotherRoot) {
  const TempDir scratch = TempDir::make("recording-test-").value();
  RecordingOptions options;
  options.scratch = scratch.path();
  Recording recording(options);
  const Target never_runs = Target::start(shell("exit 1")).value();
  Target target = Target::start(shell("exec sleep 0.2")).value();
  recording.start(never_runs.pid());
  recording.start(target.pid());
  ASSERT_TRUE(target.release());
  (void)target.wait();
  const model::Profile profile = recording.finish({});
  EXPECT_NE(find(profile, "sleep 0.2"), nullptr);
  for (const model::ProfileProcess& process : profile.processes) EXPECT_EQ(process.pid, target.pid());
}

TEST(WakeUps, QuantilesAreWithinAQuarterOfTheTruth) {
  WakeUps wake_ups;
  for (std::int64_t i = 1; i <= 1000; ++i) wake_ups.add(i * 1000);
  EXPECT_NEAR(static_cast<double>(wake_ups.quantile(0.5)), 500'000, 125'000);
  EXPECT_NEAR(static_cast<double>(wake_ups.quantile(0.99)), 990'000, 250'000);
  EXPECT_EQ(WakeUps().quantile(0.5), 0);
}

}  // namespace
}  // namespace rh::profiles
