// Kernel calls that libc has no wrapper for, as one-line functions. All of them are
// async-signal-safe, because the child uses them between clone3 and exec.
#pragma once

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace rh::sandbox::sys {

// clone3, or clone where a container's system call filter hides clone3 (it cannot look into its
// arguments). What only clone3 can do, starting inside a cgroup, then fails with ENOSYS.
inline long clone3(clone_args& arguments) {
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid >= 0 || errno != ENOSYS || arguments.flags > UINT32_MAX) return pid;
  // clone returns the pidfd where CLONE_PARENT_SETTID would put the tid; the low byte is the exit signal.
  return ::syscall(SYS_clone, static_cast<unsigned long>(arguments.flags | arguments.exit_signal), 0L, arguments.pidfd,
                   0L, 0L);
}
// libc's fork() runs handlers and takes locks that another thread of the runner may hold.
inline long plain_fork(int exit_signal) { return ::syscall(SYS_clone, exit_signal, nullptr, nullptr, nullptr, 0L); }
inline int close_range(unsigned first, unsigned last, unsigned flags) {
  return static_cast<int>(::syscall(SYS_close_range, first, last, flags));
}
inline int pidfd_open(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)); }
inline int pidfd_send_signal(int pidfd, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0U));
}
// The libc wrappers of these change every thread by signalling them, which a fresh child must not do.
inline int setresuid(unsigned id) { return static_cast<int>(::syscall(SYS_setresuid, id, id, id)); }
inline int setresgid(unsigned id) { return static_cast<int>(::syscall(SYS_setresgid, id, id, id)); }
inline int drop_groups() { return static_cast<int>(::syscall(SYS_setgroups, std::size_t{0}, nullptr)); }

}  // namespace rh::sandbox::sys
