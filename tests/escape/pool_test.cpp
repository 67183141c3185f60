// Sandboxes made ahead: they behave like those made on demand, and nothing passes from one to the next.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

using model::Ending;
using std::chrono::milliseconds;

class PoolTest : public Sandboxed {
 protected:
  std::unique_ptr<sandbox::Pool> pool(std::size_t size = 2) const {
    auto shape = shell("true", model::IsolationLevel::strict);
    return launcher().make_pool(shape, size);
  }
  Result run_in(sandbox::Pool& from, const std::string& script, model::Limits limits) const {
    Result result;
    sandbox::SuperviseHooks hooks;
    hooks.on_output = [&](model::Stream stream, std::string_view bytes) {
      (stream == model::Stream::standard_output ? result.out : result.err) += bytes;
    };
    auto record = from.run(shell(script).command, limits, hooks);
    if (!record)
      ADD_FAILURE() << record.error().message();
    else
      result.record = *std::move(record);
    return result;
  }
  Result run_in(sandbox::Pool& from, const std::string& script) const {
    return run_in(from, script, shell("true").limits);
  }
};

TEST_F(PoolTest, RunsTheCommandItIsGivenWithItsEnvironmentFolderAndExitCode) {
  const auto ready = pool();
  for (int i = 0; i < 10; ++i) {
    auto asked = shell("echo $WORD; pwd; echo err >&2; exit 7");
    asked.command.env["WORD"] = "word" + std::to_string(i);
    Result result;
    sandbox::SuperviseHooks hooks;
    hooks.on_output = [&](model::Stream stream, std::string_view bytes) {
      (stream == model::Stream::standard_output ? result.out : result.err) += bytes;
    };
    const auto record = ready->run(asked.command, asked.limits, hooks);
    ASSERT_TRUE(record);
    EXPECT_EQ(result.out, "word" + std::to_string(i) + "\n" + workspace().string() + "\n");
    EXPECT_EQ(result.err, "err\n");
    EXPECT_EQ(record->status.exit_code, 7);
    EXPECT_EQ(record->isolation.reached,
              namespaces_available() ? model::IsolationLevel::strict : model::IsolationLevel::none);
  }
}

TEST_F(PoolTest, NothingOfOneRunIsSeenByTheNext) {
  if (!namespaces_available()) GTEST_SKIP() << "no user namespaces on this host: /tmp is shared";
  const auto ready = pool();
  for (int i = 0; i < 6; ++i) {
    const Result result = run_in(*ready,
                                 "ls -A /tmp /dev/shm $HOME; echo secret > /tmp/left; echo x > $HOME/left; "
                                 "(setsid sleep 300 &); ls /proc | grep -c '^[0-9]'");
    EXPECT_EQ(result.out.find("left"), std::string::npos) << result.out;
    EXPECT_EQ(result.record.leftovers.size(), 1U);
  }
}

TEST_F(PoolTest, DescriptorsOfTheRunnerAndOfOtherSandboxesAreClosed) {
  const auto secret = TempDir::make("rh-secret");
  ASSERT_TRUE(secret);
  const std::ofstream kept(secret->path() / "open");
  const auto ready = pool(4);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(run_in(*ready, "ls /proc/self/fd | tr '\\n' ' '").out, "0 1 2 3 ");
}

TEST_F(PoolTest, LimitsAreThoseOfTheRun) {
  const auto ready = pool();
  auto limits = shell("true").limits;
  limits.wall = milliseconds(200);
  EXPECT_EQ(run_in(*ready, "sleep 30", limits).record.ending, Ending::wall_time);
  limits = shell("true").limits;
  limits.file_bytes = 4096;
  const Result file = run_in(*ready, "exec dd if=/dev/zero of=/tmp/big bs=8192 count=2 2>/dev/null", limits);
  EXPECT_EQ(file.record.status.signal, SIGXFSZ) << file.record.ending_detail;
  limits = shell("true").limits;
  limits.memory_bytes = 24U << 20;
  EXPECT_EQ(run_in(*ready, "exec dd if=/dev/zero of=/dev/null bs=90000000 count=1", limits).record.ending,
            Ending::memory);
}

TEST_F(PoolTest, CommandLargerThanTheRoomOfASandboxRunsAllTheSame) {
  const auto ready = pool(1);
  auto asked = shell("echo ${#A}");
  for (int i = 0; i < 50; ++i) asked.command.env["BIG" + std::to_string(i)] = std::string(100'000, 'x');
  const auto record = ready->run(asked.command, asked.limits, {});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->ending, Ending::start_failed) << record->ending_detail;  // E2BIG, from the kernel
}

TEST_F(PoolTest, ManyThreadsShareOnePool) {
  const auto ready = pool(3);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) {
        const std::string number = std::to_string(i * 10 + k);
        EXPECT_EQ(run_in(*ready, "echo " + number).out, number + "\n");
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(PoolTest, UnusedSandboxesEndWithThePool) {
  { const auto ready = pool(4); }
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto status = read_file(at->path() / "status");
    if (!status || status->find("Name:\trh-init") == std::string::npos) continue;
    EXPECT_EQ(status->find("PPid:\t" + std::to_string(getpid()) + "\n"), std::string::npos) << *status;
  }
}

}  // namespace
}  // namespace rh::escape
