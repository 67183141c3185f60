#include "runner/agent/exec/isolation_check.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace rh::agent {
namespace {

std::atomic<bool> set_up_failed{false};

bool has_namespaces() {
  constexpr long kFlags = CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD;
  const long pid = syscall(SYS_clone, kFlags, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) syscall(SYS_exit_group, 0);
  if (pid < 0) return false;
  while (waitpid(static_cast<pid_t>(pid), nullptr, 0) < 0 && errno == EINTR) {
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
