// Who sees the caller's processes and files, and who has namespaces of its own.
#include "sandbox/namespace_trial.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rh::sandbox {
namespace {

// A process that waits until it is killed, made with `namespaces`; -1 where the host refuses them.
class Waiting {
 public:
  explicit Waiting(unsigned long namespaces)
      : pid_(static_cast<pid_t>(syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr))) {
    if (pid_ == 0)
      for (;;) pause();
  }
  ~Waiting() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Waiting(const Waiting&) = delete;
  [[nodiscard]] int pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(OwnNamespaces, AreToldFromThoseOfTheCaller) {
  EXPECT_FALSE(has_own_namespaces(getpid()));
  EXPECT_FALSE(has_own_namespaces(Waiting(0).pid()));
  EXPECT_FALSE(has_own_namespaces(-1)) << "there is no such process";
  if (!can_make_namespaces()) GTEST_SKIP() << "this host gives no namespaces";
  EXPECT_TRUE(has_own_namespaces(Waiting(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS).pid()));
  EXPECT_FALSE(has_own_namespaces(Waiting(CLONE_NEWUSER | CLONE_NEWNS).pid())) << "it sees the caller's processes";
  EXPECT_FALSE(has_own_namespaces(Waiting(CLONE_NEWUSER | CLONE_NEWPID).pid())) << "it sees the caller's files";
}

}  // namespace
}  // namespace rh::sandbox
