// Commands as processes of their own: output, ends, and the whole tree gone when the caller cancels.
#include "runner/agent/project/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

ChildSpec shell(std::string script) { return {{"/bin/sh", "-c", std::move(script)}, "/", {{"PATH", "/usr/bin:/bin"}}}; }

TEST(RunChild, GivesOutputErrorsAndExitCode) {
  std::vector<std::string> lines;
  const auto end = run_child(shell("echo out; echo one >&2; printf two >&2; pwd; exit 7"),
                             {{}, [&](std::string_view line) { lines.emplace_back(line); }});
  ASSERT_TRUE(end) << end.error().message();
  EXPECT_EQ(end->output, "out\n/\n");
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_FALSE(end->signal);
}

TEST(RunChild, TellsSignalsFromExitCodes) {
  const auto end = run_child(shell("kill -9 $$"), {});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGKILL);
  EXPECT_FALSE(end->exit_code);
}

TEST(RunChild, KeepsNoMoreThanItsBound) {
  ChildSpec spec = shell("yes | head -c 100000");
  spec.max_output = 1000;
  const auto end = run_child(spec, {});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output.size(), 1000U);
  EXPECT_TRUE(end->output_truncated);
}

TEST(RunChild, SaysWhatCannotBeStarted) {
  const auto end = run_child({{"/nowhere/at/all"}, "/", {}}, {});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().sys_errno, ENOENT);
}

// The shell ignores SIGTERM, and its child holds the pipe: only ending the whole group ends this.
TEST(RunChild, EndsTheTreeOfACallerWhoCancels) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ChildSpec spec = shell("trap '' TERM; sleep 1000 & echo ready >&2; wait");
  spec.grace = std::chrono::milliseconds(300);
  const auto cancel = [&](std::string_view) { EXPECT_EQ(::write(ends[1], "x", 1), 1); };
  const auto end = run_child(spec, {BorrowedFd(ends[0]), cancel});
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->cancelled);
  EXPECT_EQ(end->signal, SIGKILL);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(RunChild, EndsWhatTakesTooLong) {
  ChildSpec spec = shell("sleep 1000");
  spec.timeout = std::chrono::milliseconds(50);
  const auto end = run_child(spec, {});
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->timed_out);
  EXPECT_FALSE(end->cancelled);
}

}  // namespace
}  // namespace rh::agent
