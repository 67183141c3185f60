// Attempts to outlive the run, to reach other processes, and to lie about the end.
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
using std::chrono::milliseconds;

class Processes : public Sandboxed {};

// A number that no other process of the host has on its command line.
std::string marker(int number) { return "9" + std::to_string(getpid()) + std::to_string(number); }

TEST_F(Processes, DaemonIsNamedAndKilledAndDoesNotHoldTheRunUp) {
  const std::string mark = marker(1);
  const Result result = run(shell("(setsid sh -c 'sleep " + mark + "' &) ; sleep 0.05; echo main"));
  EXPECT_EQ(result.out, "main\n");
  EXPECT_EQ(result.record.ending, Ending::exited);
  EXPECT_LT(result.record.usage.wall, milliseconds(1000));
  EXPECT_TRUE(std::any_of(result.record.leftovers.begin(), result.record.leftovers.end(), [&](const auto& left) {
    return left.command.find(mark) != std::string::npos && left.pid > 0;
  }));
  EXPECT_FALSE(running_on_host(mark));
  RH_EXPECT_ENFORCED(result, "kill of the whole tree");
}

TEST_F(Processes, QuickGrandchildIsNoLeftover) {
  const Result result = run(shell("(sleep 0.02 &) ; exit 0"));
  EXPECT_TRUE(result.record.leftovers.empty());
}

TEST_F(Processes, IgnoringSigtermEndsInSigkillAfterTheGrace) {
  auto asked = shell("trap '' TERM INT HUP; while :; do sleep 0.05; done");
  asked.limits.wall = milliseconds(300);
  asked.limits.grace = milliseconds(200);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::wall_time);
  EXPECT_EQ(result.record.signals_sent, (std::vector<int>{SIGTERM, SIGKILL}));
  EXPECT_GE(result.record.usage.wall, milliseconds(500));
}

TEST_F(Processes, HandlerThatExitsWithinTheGraceKeepsTheReason) {
  auto asked = shell("trap 'echo saved > file; exit 0' TERM; sleep 60 & wait");
  asked.limits.wall = milliseconds(300);
  asked.limits.grace = milliseconds(3000);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::wall_time) << result.record.ending_detail;
  EXPECT_EQ(result.record.status.exit_code, 0);
  EXPECT_EQ(result.record.signals_sent, std::vector<int>{SIGTERM});
  EXPECT_EQ(*read_file(workspace() / "file"), "saved\n");
}

TEST_F(Processes, StoppedTreeStillMeetsItsWallLimit) {
  auto asked = shell("kill -STOP $$");
  asked.limits.wall = milliseconds(300);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::wall_time);
  EXPECT_EQ(result.record.status.signal, SIGKILL);
}

TEST_F(Processes, SignalsCannotLeaveTheTree) {
  const Result result = run(shell("kill -9 1; kill -9 " + std::to_string(getpid()) +
                                  " 2>/dev/null || echo refused; kill -9 -1; echo unreachable"));
  EXPECT_EQ(result.out.substr(0, 8), "refused\n");
  EXPECT_TRUE(result.record.ending == Ending::exited || result.record.ending == Ending::signaled);
  RH_EXPECT_ENFORCED(result, "processes");
}

TEST_F(Processes, ExitCodesAreNeverReadAsLimits) {
  for (const int code : {137, 124, 143, 152}) {
    const Result result = run(shell("exit " + std::to_string(code)));
    EXPECT_EQ(result.record.ending, Ending::exited);
    EXPECT_EQ(result.record.status.exit_code, code);
  }
  for (const int signal : {SIGKILL, SIGXCPU, SIGTERM}) {
    const Result result = run(shell("kill -" + std::to_string(signal) + " $$"));
    EXPECT_EQ(result.record.ending, Ending::signaled);
    EXPECT_EQ(result.record.status.signal, signal);
  }
}

TEST_F(Processes, FilesThatAreNoProgramsFailToStart) {
  ASSERT_TRUE(write_file(workspace() / "text", "echo hello\n"));
  std::filesystem::permissions(workspace() / "text", std::filesystem::perms::all);
  const Result text = run(spec({(workspace() / "text").string()}));
  EXPECT_EQ(text.record.ending, Ending::start_failed);
  EXPECT_NE(text.record.ending_detail.find("Exec format error"), std::string::npos) << text.record.ending_detail;
  const Result folder = run(spec({workspace().string()}));
  EXPECT_EQ(folder.record.ending, Ending::start_failed);
  EXPECT_NE(folder.record.ending_detail.find("Permission denied"), std::string::npos) << folder.record.ending_detail;
  const Result unknown = run(spec({"no-such-program-anywhere"}));
  EXPECT_EQ(unknown.record.ending, Ending::start_failed);
  EXPECT_EQ(unknown.record.ending_detail,
            "execve no-such-program-anywhere: No such file or directory (in no folder of PATH)");
  auto lost = shell("true");
  lost.command.cwd = "/no/such/folder";
  const Result no_folder = run(lost);
  EXPECT_EQ(no_folder.record.ending, Ending::start_failed);
  EXPECT_EQ(no_folder.record.ending_detail, "chdir /no/such/folder: No such file or directory");
}

TEST_F(Processes, NoDescriptorAboveTwoAndNoInheritedSignalState) {
  signal(SIGUSR1, SIG_IGN);
  const Result result =
      run(shell("ls /proc/self/fd | tr '\\n' ' '; grep -E '^Sig(Blk|Ign):' /proc/self/status | tr -d '\\n\\t'"));
  signal(SIGUSR1, SIG_DFL);
  // `ls` holds the folder itself as 3.
  EXPECT_EQ(result.out, "0 1 2 3 SigBlk:0000000000000000SigIgn:0000000000000000") << result.err;
}

TEST_F(Processes, TreeDiesWithAKilledRunner) {
  const std::string mark = marker(2);
  const pid_t runner = fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    const auto own = sandbox::make_launcher();
    sandbox::SuperviseHooks hooks;
    hooks.on_output = [](model::Stream, std::string_view) { kill(getpid(), SIGKILL); };
    auto asked = shell("(setsid sleep " + mark + " &); sleep 0.1; echo go; sleep 60");
    (void)own->run(asked, hooks);
    _exit(1);
  }
  int status = 0;
  waitpid(runner, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(2000);
  while (running_on_host(mark) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(running_on_host(mark));
}

TEST_F(Processes, CancellationEndsTheRun) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  sandbox::SuperviseHooks hooks;
  hooks.cancel = BorrowedFd(ends[0]);
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    EXPECT_GT(tree.root_pid, 1);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
  };
  const Result result = run(shell("sleep 60"), hooks);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(result.record.ending, Ending::cancelled);
}

TEST_F(Processes, SeveralRunsAtOnceDoNotMix) {
  std::vector<std::thread> threads;
  std::vector<Result> results(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      const std::string number = std::to_string(i);
      results[static_cast<std::size_t>(i)] = run(shell("echo " + number + "; exit " + number));
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(results[static_cast<std::size_t>(i)].out, std::to_string(i) + "\n");
    EXPECT_EQ(results[static_cast<std::size_t>(i)].record.status.exit_code, i);
  }
}

}  // namespace
}  // namespace rh::escape
