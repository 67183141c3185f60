// The helper shares init's thread block as well, so it makes bare calls only: errno is init's.
#include "sandbox/network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "sandbox/bare_syscall.h"
#include "sandbox/child.h"

namespace rh::sandbox {
namespace {

// Tests bind and connect on 127.0.0.1 and ::1; in a new namespace the interface is down.
long bring_up_loopback() {
  const long fd = bare_syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const long result = bare_syscall(SYS_ioctl, fd, SIOCSIFFLAGS, as_word(&request));
  bare_syscall(SYS_close, fd);
  return result;
}

int make_network(void* argument) {
  auto* making = static_cast<NetworkMaking*>(argument);
  long result = bare_syscall(SYS_unshare, CLONE_NEWNET);
  if (result >= 0) {
    making->stage = Stage::loopback;
    result = bring_up_loopback();
  }
  if (result >= 0) {
    making->stage = Stage::network_namespace;
    result = bare_syscall(SYS_openat, AT_FDCWD, as_word("/proc/thread-self/ns/net"), O_RDONLY | O_CLOEXEC);
    if (result >= 0) making->namespace_fd = static_cast<int>(result);
  }
  making->error = result < 0 ? static_cast<int>(-result) : 0;
  bare_syscall(SYS_exit, 0);
  return 0;
}

}  // namespace

void start_network(const ChildPlan& plan, NetworkMaking& making) {
  constexpr std::size_t kStackBytes = 16 * 1024;
  alignas(64) static char stack[kStackBytes];
  making.helper_pid = clone(make_network, stack + kStackBytes, CLONE_VM | CLONE_FILES | SIGCHLD, &making);
  if (making.helper_pid < 0) give_up(plan, Stage::fork, errno);
}

void join_network(const ChildPlan& plan, NetworkMaking& making) {
  while (waitpid(making.helper_pid, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  if (making.error != 0) give_up(plan, making.stage, making.error);
  if (setns(making.namespace_fd, CLONE_NEWNET) != 0) give_up(plan, Stage::network_namespace, errno);
  close(making.namespace_fd);
}

}  // namespace rh::sandbox
