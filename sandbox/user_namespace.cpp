// A user namespace that maps root to root would leave the command kernel uid 0, and the kernel lets
// that uid write most of /proc/sys and read root's files. So root maps to an unprivileged id.
#include "sandbox/user_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <memory>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/bare_syscall.h"
#include "sandbox/signals.h"
#include "sandbox/syscalls.h"

namespace rh::sandbox {
namespace {

constexpr uid_t kUnprivilegedId = 65534;

Result<void> write_proc(int pid, const char* file, std::string_view text) {
  const std::string path = fmt::format("/proc/{}/{}", pid, file);
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open", path);
  if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return fail_errno("write", path);
  return {};
}

std::uint64_t range_of(const char* path) {
  const auto text = read_file(path);
  return text ? mapped_range(*text) : 0;
}

// A process that does nothing in a new user namespace, until this owner goes. It borrows the runner's
// memory, which costs far less than a copy, and touches nothing of it but its own stack.
class ParkedChild {
 public:
  static Result<ParkedChild> start() {
    ParkedChild parked;
    parked.stack_ = std::make_unique<char[]>(kStackBytes);
    int pidfd = -1;
    const long runner = getpid();
    {
      const AllSignalsBlocked blocked;
      parked.pid = clone(park, parked.stack_.get() + kStackBytes, CLONE_NEWUSER | CLONE_VM | CLONE_PIDFD,
                         reinterpret_cast<void*>(runner), &pidfd);
    }
    if (parked.pid < 0) return fail_errno("make a user namespace", "clone");
    parked.pidfd_ = UniqueFd(pidfd);
    return parked;
  }
  ParkedChild(ParkedChild&&) = default;
  ~ParkedChild() {
    if (!pidfd_) return;
    sys::pidfd_send_signal(pidfd_.get(), SIGKILL);
    siginfo_t info;
    waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | __WALL);
  }
  int pid = 0;

 private:
  static constexpr std::size_t kStackBytes = 16 * 1024;
  ParkedChild() = default;
  // Descriptors are copies of the runner's, the pipes of other runs among them: none may stay open.
  // Bare calls, because errno and everything else of libc is the runner's.
  static int park(void* runner) {
    bare_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    // A runner that was gone before that sends no signal any more.
    while (bare_syscall(SYS_getppid) != reinterpret_cast<long>(runner)) bare_syscall(SYS_exit_group, 0);
    bare_syscall(SYS_close_range, 0, static_cast<long>(~0U), 0);
    for (;;) bare_syscall(SYS_ppoll, 0, 0, 0, 0, 0);
  }
  std::unique_ptr<char[]> stack_;
  UniqueFd pidfd_;
};

}  // namespace

Identity Identity::of_caller() {
  Identity identity{geteuid(), geteuid(), getegid(), getegid(), false};
  // Inside a container's own user namespace, root may have no other id to give.
  if (geteuid() != 0 || range_of("/proc/self/uid_map") <= kUnprivilegedId ||
      range_of("/proc/self/gid_map") <= kUnprivilegedId)
    return identity;
  return {0, kUnprivilegedId, 0, kUnprivilegedId, true};
}

Identity Identity::unmapped_root() { return {0, 0, 0, 0, false}; }

Result<void> write_maps(int pid, const Identity& identity) {
  // Without setgroups=deny an ordinary user may not write gid_map. Root's child drops its groups itself.
  if (!identity.mapped_root) RH_CHECK(write_proc(pid, "setgroups", "deny"));
  RH_CHECK(write_proc(pid, "uid_map", fmt::format("{} {} 1\n", identity.inside_uid, identity.outside_uid)));
  return write_proc(pid, "gid_map", fmt::format("{} {} 1\n", identity.inside_gid, identity.outside_gid));
}

std::uint64_t mapped_range(std::string_view map_text) {
  std::uint64_t end = 0;
  for (std::string_view line : split_lines(map_text)) {
    std::vector<std::uint64_t> numbers;
    for (std::string_view word : split(line, ' '))
      if (const auto number = parse_u64(trim(word))) numbers.push_back(*number);
    if (numbers.size() == 3 && numbers[0] == end) end += numbers[2];
  }
  return end;
}

std::string swap_map(std::uint64_t a, std::uint64_t b, std::uint64_t end) {
  std::string text;
  const auto extent = [&](std::uint64_t from, std::uint64_t to, std::uint64_t count) {
    if (count > 0) text += fmt::format("{} {} {}\n", from, to, count);
  };
  const auto [low, high] = std::minmax(a, b);
  if (low == high) {
    extent(0, 0, end);
    return text;
  }
  extent(0, 0, low);
  extent(low, high, 1);
  extent(low + 1, low + 1, high - low - 1);
  extent(high, low, 1);
  extent(high + 1, high + 1, end > high + 1 ? end - high - 1 : 0);
  return text;
}

Result<int> IdMapper::namespace_for(uid_t owner, gid_t group, const Identity& identity) {
  const std::lock_guard lock(mutex_);
  const auto key = std::pair{owner, group};
  if (const auto found = namespaces_.find(key); found != namespaces_.end()) return found->second.get();
  RH_TRY(const ParkedChild parked, ParkedChild::start());
  RH_CHECK(write_proc(parked.pid, "uid_map", swap_map(owner, identity.outside_uid, range_of("/proc/self/uid_map"))));
  RH_CHECK(write_proc(parked.pid, "gid_map", swap_map(group, identity.outside_gid, range_of("/proc/self/gid_map"))));
  const std::string path = fmt::format("/proc/{}/ns/user", parked.pid);
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open user namespace", path);
  const int raw = fd.get();
  namespaces_.emplace(key, std::move(fd));
  return raw;
}

Result<UniqueFd> IdMapper::map(const std::string& path, std::uint64_t attributes, const Identity& identity) {
  UniqueFd tree(open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!tree) return fail_errno("take mount", path);
  struct stat info {};
  if (fstat(tree.get(), &info) != 0) return fail_errno("stat", path);
  RH_TRY(const int user_namespace, namespace_for(info.st_uid, info.st_gid, identity));
  mount_attr attr{};
  attr.attr_set = attributes | MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<std::uint64_t>(user_namespace);
  if (mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) != 0)
    return fail_errno("id-map mount", path);
  return tree;
}

}  // namespace rh::sandbox
