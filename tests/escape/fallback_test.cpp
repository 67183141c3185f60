// A host that grants neither namespaces nor control groups: a container without privileges. What
// cannot be kept must be said, and the rest must hold.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

using model::Ending;
using model::MechanismState;
using std::chrono::milliseconds;

sandbox::HostSwitches poor_host() {
  sandbox::HostSwitches switches;
  switches.namespaces = switches.cgroups = false;
  return switches;
}

class Fallback : public Sandboxed {
 protected:
  [[nodiscard]] sandbox::Launcher& launcher() const override {
    static const std::unique_ptr<sandbox::Launcher> poor = sandbox::make_local_launcher(poor_host());
    return *poor;
  }
};

std::string marker(int number) { return "8" + std::to_string(getpid()) + std::to_string(number); }

TEST_F(Fallback, EveryMissingMechanismIsNamedAndTheLevelIsNotReached) {
  const Result result = run(shell("true"));
  EXPECT_EQ(result.record.ending, Ending::exited) << result.record.ending_detail;
  EXPECT_EQ(result.record.isolation.reached, model::IsolationLevel::none);
  for (const char* name : {"user namespace", "file system", "processes", "network", "memory limit", "process limit"}) {
    EXPECT_NE(row(result, name).state, MechanismState::enforced) << name;
    EXPECT_FALSE(row(result, name).reason.empty()) << name;
  }
  EXPECT_EQ(result.record.usage.user_cpu.scope, model::Scope::lower_bound);
}

TEST_F(Fallback, FilesOutsideTheGrantsAreProtectedByLandlock) {
  const Result result = run(
      shell("echo x > /etc/rh_owned; echo x > ../beside; cat $HOME/.ssh/id_canary; echo ok > inside && cat inside"));
  if (row(result, "file system").state == MechanismState::refused) GTEST_SKIP() << row(result, "file system").reason;
  EXPECT_EQ(result.out, "ok\n") << result.err;
  EXPECT_FALSE(std::filesystem::exists("/etc/rh_owned"));
}

TEST_F(Fallback, KernelSwitchesStayOutOfReachOfARootRunner) {
  const Result result =
      run(shell("(echo x > /proc/sys/kernel/core_pattern) 2>/dev/null && echo wrote; (echo 1 > "
                "/proc/sys/vm/swappiness) 2>/dev/null && echo wrote; echo end"));
  EXPECT_EQ(result.out, "end\n");
  RH_EXPECT_ENFORCED(result, "privileges");
}

TEST_F(Fallback, DaemonIsNamedAndKilled) {
  const std::string mark = marker(1);
  const Result result = run(shell("(setsid sh -c 'sleep " + mark + "' &) ; sleep 0.05; echo main"));
  EXPECT_EQ(result.out, "main\n");
  EXPECT_TRUE(std::any_of(result.record.leftovers.begin(), result.record.leftovers.end(),
                          [&](const auto& left) { return left.command.find(mark) != std::string::npos; }));
  EXPECT_FALSE(running_on_host(mark));
}

TEST_F(Fallback, RestlessForkChainDies) {
  const std::string mark = marker(2);
  auto asked = python(
      "import os, sys\nif os.fork():\n  os._exit(0)\nos.setsid()\nwhile True:\n  if os.fork(): os._exit(0)\n# " + mark);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::exited) << result.record.ending_detail;
  EXPECT_FALSE(running_on_host(mark));
}

TEST_F(Fallback, SignalsCannotReachTheRunnerOrInit) {
  const Result result = run(shell("kill -9 " + std::to_string(getpid()) +
                                  " 2>/dev/null || echo refused; kill -9 $PPID 2>/dev/null || echo refused"));
  if (row(result, "processes").state == MechanismState::refused) GTEST_SKIP() << row(result, "processes").reason;
  EXPECT_EQ(result.out, "refused\nrefused\n");
}

TEST_F(Fallback, WatchdogEndsAMemoryHogByName) {
  auto asked = python(
      "import time\nb = bytearray(600 << 20)\nfor i in range(0, len(b), 4096): b[i] = "
      "1\ntime.sleep(3)\nprint('survived')");
  asked.limits.memory_bytes = 128U << 20;
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::memory) << result.record.ending_detail << result.err;
  EXPECT_TRUE(result.record.ending_detail.starts_with("watchdog")) << result.record.ending_detail;
  EXPECT_FALSE(result.record.oom_kills);
}

TEST_F(Fallback, SharedPagesCountOnce) {
  auto asked = python(
      "import mmap, os, time\nm = mmap.mmap(-1, 60 << 20)\nfor i in range(0, len(m), 4096): m[i] = 1\n"
      "for _ in range(8):\n  if os.fork() == 0:\n    s = sum(m[i] for i in range(0, len(m), 4096)); time.sleep(0.3); "
      "os._exit(0)\n"
      "for _ in range(8): os.wait()\nprint('survived')");
  asked.limits.memory_bytes = 256U << 20;
  const Result result = run(asked);
  EXPECT_EQ(result.out, "survived\n") << result.record.ending_detail << result.err;
}

TEST_F(Fallback, WatchdogEndsAForkBombByName) {
  auto asked = shell("for i in $(seq 1 200); do sleep 30 & done; wait");
  asked.limits.pids = 40;
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::pids) << result.record.ending_detail;
}

TEST_F(Fallback, WallLimitTakesTheWholeTree) {
  const std::string mark = marker(3);
  auto asked =
      shell("trap '' TERM; (setsid sh -c \"trap '' TERM; sleep " + mark + "; true\" &); while :; do sleep 0.1; done");
  asked.limits.wall = milliseconds(300);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::wall_time);
  EXPECT_FALSE(running_on_host(mark));
}

TEST_F(Fallback, CpuLimitSumsTheTree) {
  auto asked = shell("for i in 1 2 3; do (while :; do :; done) & done; wait");
  asked.limits.cpu = milliseconds(300);
  EXPECT_EQ(run(asked).record.ending, Ending::cpu_time);
}

TEST_F(Fallback, NetworkNoneRefusesInternetSockets) {
  const Result result =
      run(python("import socket\ntry: socket.socket(); print('open')\nexcept OSError as e: "
                 "print(e.strerror)\nsocket.socketpair(); print('pair')"));
  if (row(result, "system call filter").state != MechanismState::enforced)
    GTEST_SKIP() << row(result, "system call filter").reason;
  EXPECT_EQ(result.out, "Permission denied\npair\n") << result.err;
}

TEST_F(Fallback, TreeDiesWithAKilledRunner) {
  const std::string mark = marker(4);
  const pid_t runner = fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    const auto own = sandbox::make_local_launcher(poor_host());
    sandbox::SuperviseHooks hooks;
    hooks.on_output = [](model::Stream, std::string_view) { kill(getpid(), SIGKILL); };
    (void)own->run(shell("(setsid sleep " + mark + " &); sleep 0.1; echo go; sleep 60"), hooks);
    _exit(1);
  }
  int status = 0;
  waitpid(runner, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(2000);
  while (running_on_host(mark) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(running_on_host(mark));
}

}  // namespace
}  // namespace rh::escape
