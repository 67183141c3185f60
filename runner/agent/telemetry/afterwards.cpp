#include "runner/agent/telemetry/afterwards.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace rh::agent {
namespace {

void close_all_but(std::vector<int>& kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  for (const int fd : kept) {
    const auto own = static_cast<unsigned>(fd);
    if (own > from) ::close_range(from, own - 1, 0);
    from = std::max(from, own + 1);
  }
  ::close_range(from, ~0U, 0);
  // The lowest numbers are those of the standard streams, unless one of them is kept.
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0 && fd < STDERR_FILENO;) fd = ::dup(fd);
}

void leave_the_caller(std::vector<int>& kept, Nanoseconds longest) {
  constexpr std::int64_t kMostSeconds = 3'600;
  close_all_but(kept);
  (void)!::chdir("/");
  ::prctl(PR_SET_NAME, "rh-telemetry");
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGALRM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Whatever happens: nothing of a command is there for ever.
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(longest).count() + 1;
  ::alarm(static_cast<unsigned>(std::clamp<std::int64_t>(seconds, 1, kMostSeconds)));
}

}  // namespace

// Forked, not started anew: connections and what was said on them so far are gone on with. glibc makes its allocator
// usable in the child of a process that had threads; no lock of ours is taken there.
bool go_on_afterwards(std::vector<int> descriptors, Nanoseconds longest, const std::function<void()>& work) {
  const pid_t between = ::fork();
  if (between < 0) return false;
  if (between == 0) {
    ::setsid();
    const pid_t last = ::fork();
    if (last != 0) ::_exit(last < 0 ? 1 : 0);
    leave_the_caller(descriptors, longest);
    work();
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(between, &status, 0) < 0)
    if (errno != EINTR) return true;  // somebody else reaps children here
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace rh::agent
