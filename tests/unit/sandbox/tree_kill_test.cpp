// Real processes that hold on: whoever is listed dies, and nobody else.
#include "sandbox/tree_kill.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/process_tree.h"

namespace rh::sandbox {
namespace {

// Waits for its death, deaf to everything else.
pid_t start_holder() {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_IGN);
  for (;;) pause();
}

bool killed(pid_t pid) {
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(TreeKill, EveryoneOnTheListDies) {
  std::vector<int> pids;
  for (int i = 0; i < 5; ++i) pids.push_back(start_holder());
  stop_and_kill([&] { return pids; });
  for (int pid : pids) EXPECT_TRUE(killed(pid));
}

TEST(TreeKill, WhoAppearsLaterDiesToo) {
  std::vector<int> pids{start_holder()};
  int calls = 0;
  stop_and_kill([&] {
    if (++calls == 3) pids.push_back(start_holder());
    return pids;
  });
  for (int pid : pids) EXPECT_TRUE(killed(pid));
}

TEST(TreeKill, PidThatIsNoLongerListedIsLeftAlone) {
  const pid_t bystander = start_holder();
  int calls = 0;
  stop_and_kill([&] { return ++calls % 2 == 1 ? std::vector<int>{bystander} : std::vector<int>{}; });
  EXPECT_EQ(waitpid(bystander, nullptr, WNOHANG | WUNTRACED), 0) << "neither stopped nor dead";
  kill(bystander, SIGKILL);
  EXPECT_TRUE(killed(bystander));
}

}  // namespace
}  // namespace rh::sandbox
