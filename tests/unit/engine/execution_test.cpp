#include "runner/engine/execution.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/unit/engine/fakes.h"

namespace rh::engine {
namespace {

using model::Ending;
using testing::FakeHost;

model::Execution ended(Ending ending, model::WaitStatus status = {}, std::string detail = {}) {
  model::Execution execution;
  execution.ending = ending;
  execution.status = status;
  execution.ending_detail = std::move(detail);
  return execution;
}

constexpr model::WaitStatus exited(int code) { return {code, std::nullopt, false}; }
constexpr model::WaitStatus killed(int signal) { return {std::nullopt, signal, false}; }

TEST(ExitCodeOf, PassesTheCommandsOwnOn) {
  EXPECT_EQ(exit_code_of(ended(Ending::exited, exited(0)), 0), 0);
  EXPECT_EQ(exit_code_of(ended(Ending::exited, exited(137)), 0), 137);
  EXPECT_EQ(exit_code_of(ended(Ending::signaled, killed(SIGSEGV)), 0), 139);
}

TEST(ExitCodeOf, SaysWhichKindOfLimitEndedIt) {
  EXPECT_EQ(exit_code_of(ended(Ending::wall_time, exited(0)), 0), 124);
  EXPECT_EQ(exit_code_of(ended(Ending::cpu_time, killed(SIGKILL)), 0), 124);
  EXPECT_EQ(exit_code_of(ended(Ending::memory, killed(SIGKILL)), 0), 137);
  EXPECT_EQ(exit_code_of(ended(Ending::memory), 0), 137) << "init was killed as well";
  EXPECT_EQ(exit_code_of(ended(Ending::file_size, killed(SIGXFSZ)), 0), 128 + SIGXFSZ);
  EXPECT_EQ(exit_code_of(ended(Ending::pids, exited(2)), 0), 2);
  EXPECT_EQ(exit_code_of(ended(Ending::output_limit, exited(0)), 0), 137) << "output is missing: never 0";
}

TEST(ExitCodeOf, TellsMissingFromNotExecutable) {
  const auto code = [](const char* detail) { return exit_code_of(ended(Ending::start_failed, {}, detail), 0); };
  EXPECT_EQ(code("execve nosuch: No such file or directory (in no folder of PATH)"), 127);
  EXPECT_EQ(code("execve: the command has no name"), 127);
  EXPECT_EQ(code("execve /etc/passwd: Permission denied"), 126);
  EXPECT_EQ(code("execve ./data: Exec format error"), 126);
  EXPECT_EQ(code("chdir /x: No such file or directory"), 126);
}

TEST(ExitCodeOf, NamesTheSignalThatCancelled) {
  EXPECT_EQ(exit_code_of(ended(Ending::cancelled, killed(SIGTERM)), SIGINT), 130);
  EXPECT_EQ(exit_code_of(ended(Ending::cancelled, exited(0)), SIGHUP), 129);
  EXPECT_EQ(exit_code_of(ended(Ending::internal), 0), 8);
}

TEST(LimitText, HasTheLimitOnce) {
  model::Execution execution = ended(Ending::memory, killed(SIGKILL), "cgroup v1 memory: oom_kill 1");
  execution.limits.memory_bytes = 256U << 20;
  EXPECT_EQ(limit_text(execution), "memory: cgroup v1 memory: oom_kill 1 (limit 256.0 MiB)");
  execution = ended(Ending::cpu_time, {}, "cgroup: 201 ms used, limit 200 ms");
  execution.limits.cpu = std::chrono::milliseconds(200);
  EXPECT_EQ(limit_text(execution), "cpu_time: cgroup: 201 ms used, limit 200 ms");
  EXPECT_EQ(limit_text(ended(Ending::exited, exited(1))), "");
  EXPECT_EQ(limit_text(ended(Ending::cancelled)), "");
}

TEST(LaunchSpecOf, GivesAnAllowListAndTheCallersOwnVariables) {
  RunOptions options;
  options.env = {{"A", "1"}, {"PATH", "/own"}};
  FakeHost host;
  host.variables["PASSED"] = "yes";
  options.pass_env = {"PASS*"};
  const auto spec = launch_spec_of({"make"}, "/work", options, host);
  EXPECT_EQ(spec.command.env.at("A"), "1");
  EXPECT_EQ(spec.command.env.at("PATH"), "/own");
  EXPECT_EQ(spec.command.env.at("PASSED"), "yes");
  EXPECT_EQ(spec.command.env.at("TMPDIR"), "/tmp");
  EXPECT_EQ(spec.command.env.count("SECRET_TOKEN"), 0U);
  EXPECT_EQ(spec.command.cwd, "/work");
}

}  // namespace
}  // namespace rh::engine
