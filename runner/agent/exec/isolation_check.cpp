#include "runner/agent/exec/isolation_check.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "sandbox/bare_syscall.h"
#include "sandbox/signals.h"

namespace rh::agent {
namespace {

std::atomic<bool> set_up_failed{false};

constexpr std::size_t kStackBytes = 16 * 1024;

// Bare, because errno and everything else of libc is the runner's.
int leave(void*) {
  for (;;) sandbox::bare_syscall(SYS_exit_group, 0);
}

bool has_namespaces() {
  // The memory is borrowed: a copy of it would cost each call more than the namespaces do.
  constexpr int kFlags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_VM | CLONE_VFORK | SIGCHLD;
  alignas(16) char stack[kStackBytes];
  pid_t pid = -1;
  {
    const sandbox::AllSignalsBlocked blocked;
    pid = clone(leave, stack + sizeof stack, kFlags, nullptr);
  }
  if (pid < 0) return false;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return true;
}

bool probed(Service& service) {
  return service.launcher().probe(model::IsolationLevel::contained).reached != model::IsolationLevel::none;
}

}  // namespace

bool can_isolate(Service& service) { return (has_namespaces() && !set_up_failed) || probed(service); }

bool can_isolate_after_failure(Service& service) {
  set_up_failed = true;
  return probed(service);
}

}  // namespace rh::agent
