// Rules for libseccomp, which adds the architecture and x32 checks: a filter without them is void,
// because the 32-bit entry has other numbers.
#include "sandbox/seccomp_rules.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <memory>

namespace rh::sandbox {
namespace {

// Arguments are 64 bits wide in the filter, but the kernel looks at the low half of these.
constexpr scmp_datum_t kLowHalf = 0xffffffff;

// Looked up by name, because older headers lack the newer calls.
constexpr const char* kRefused[] = {
    // mounts and roots
    "mount", "umount", "umount2", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "mount_setattr",
    "pivot_root", "chroot", "swapon", "swapoff", "quotactl", "quotactl_fd",
    // namespaces
    "setns",
    // the machine
    "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "create_module", "iopl",
    "ioperm", "settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "acct",
    "nfsservctl", "lookup_dcookie", "vhangup", "syslog", "uselib", "_sysctl", "sethostname", "setdomainname",
    // kernel programs, counters and handles that see past the sandbox
    "bpf", "perf_event_open", "userfaultfd", "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    // keyrings outlive the run and are shared by uid
    "keyctl", "add_key", "request_key"};
constexpr const char* kAbsent[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", "clone3", "openat2"};
// Newer than the library; the same number on every architecture.
constexpr int kFchmodat2 = 452, kOpenTreeAttr = 467;
constexpr const char* kTracing[] = {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
                                    "kcmp",   "process_madvise"};
constexpr std::uint64_t kNewNamespaces[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                            CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

class Rules {
 public:
  Rules() : context_(seccomp_init(SCMP_ACT_ALLOW), seccomp_release) {
    if (!context_) return;
    check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)));
    check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_NNP, 0));
    // A binary tree instead of a list; older libraries lack it, which costs only speed.
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  void refuse(const char* name, int error) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number != __NR_SCMP_ERROR && number >= 0)
      check(seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), number, 0,
                                   nullptr));
  }

  void refuse_when(const char* name, int error, std::initializer_list<scmp_arg_cmp> conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0) return;
    refuse_number_when(number, error, conditions);
  }

  void refuse_number_when(int number, int error, std::initializer_list<scmp_arg_cmp> conditions) {
    check(seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), number,
                                 static_cast<unsigned>(conditions.size()), conditions.begin()));
  }

  Result<std::vector<sock_filter>> program() {
    if (!context_) return fail(ErrorKind::internal, "make a system call filter: out of memory");
    if (error_ != 0) return fail_errno("make a system call filter", "libseccomp", error_);
    const UniqueFd file(memfd_create("filter", MFD_CLOEXEC));
    if (!file) return fail_errno("make a system call filter", "memfd_create");
    if (const int failed = seccomp_export_bpf(context_.get(), file.get()); failed != 0)
      return fail_errno("export a system call filter", "libseccomp", -failed);
    const off_t size = lseek(file.get(), 0, SEEK_END);
    std::vector<sock_filter> filter(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (pread(file.get(), filter.data(), static_cast<std::size_t>(size), 0) != size)
      return fail_errno("read a system call filter", "memfd");
    return filter;
  }

 private:
  void check(int result) {
    if (result != 0 && result != -EEXIST && error_ == 0) error_ = -result;
  }
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

scmp_arg_cmp low_half(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, kLowHalf, value};
}

// Unix, IPv4, IPv6 and routing netlink (getifaddrs); the rest is kernel surface, and some of it
// (vsock) is not confined by a network namespace.
void refuse_sockets(Rules& rules, bool internet) {
  for (int domain = 0; domain < AF_NETLINK; ++domain) {
    const bool internet_domain = domain == AF_INET || domain == AF_INET6;
    if (domain == AF_UNIX || (internet_domain && !internet)) continue;
    rules.refuse_when("socket", internet_domain ? EACCES : EAFNOSUPPORT,
                      {low_half(0, static_cast<std::uint64_t>(domain))});
  }
  rules.refuse_when("socket", EAFNOSUPPORT, {{0, SCMP_CMP_GT, AF_NETLINK, 0}});
  rules.refuse_when("socket", EAFNOSUPPORT, {low_half(0, AF_NETLINK), {2, SCMP_CMP_NE, 0, 0}});
}

// A file made in a workspace belongs to the caller on disk, root's when root runs this: with the set-uid
// or set-gid bit it would make anybody who starts it the caller. openat2 passes its mode in memory, out of
// the filter's sight; programs that use it fall back to openat.
void refuse_set_id_bits(Rules& rules) {
  constexpr std::uint64_t kMakesFile[] = {O_CREAT, O_TMPFILE & ~O_DIRECTORY};
  for (const std::uint64_t bit : {std::uint64_t{S_ISUID}, std::uint64_t{S_ISGID}}) {
    const auto in = [&](unsigned argument) { return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bit, bit}; };
    for (const char* name : {"chmod", "fchmod", "creat", "mknod"}) rules.refuse_when(name, EPERM, {in(1)});
    for (const char* name : {"fchmodat", "mknodat"}) rules.refuse_when(name, EPERM, {in(2)});
    rules.refuse_number_when(kFchmodat2, EPERM, {in(2)});
    for (const std::uint64_t flag : kMakesFile) {
      rules.refuse_when("open", EPERM, {{1, SCMP_CMP_MASKED_EQ, flag, flag}, in(2)});
      rules.refuse_when("openat", EPERM, {{2, SCMP_CMP_MASKED_EQ, flag, flag}, in(3)});
    }
  }
}

// Only the plain personality and the question for it: the others switch off address randomisation or
// make data executable. "All bits set" is the question, so each bit is refused where another is not set.
void refuse_personalities(Rules& rules) {
  constexpr std::uint64_t kTop = 1ULL << 31;
  for (std::uint64_t bit = 1; bit < kTop; bit <<= 1) {
    rules.refuse_when("personality", EPERM, {{0, SCMP_CMP_MASKED_EQ, kTop | bit, bit}});
    rules.refuse_when("personality", EPERM, {{0, SCMP_CMP_MASKED_EQ, kTop | bit, kTop}});
  }
}

}  // namespace

Result<std::vector<sock_filter>> compile_filter(const FilterOptions& options) {
  Rules rules;
  for (const char* name : kRefused) rules.refuse(name, EPERM);
  rules.refuse_number_when(kOpenTreeAttr, EPERM, {});
  // clone3 passes its flags in memory, out of the filter's sight; libc falls back to clone.
  for (const char* name : kAbsent) rules.refuse(name, ENOSYS);
  for (std::uint64_t flag : kNewNamespaces) rules.refuse_when("clone", EPERM, {{0, SCMP_CMP_MASKED_EQ, flag, flag}});
  for (std::uint64_t flag : kNewNamespaces) rules.refuse_when("unshare", EPERM, {{0, SCMP_CMP_MASKED_EQ, flag, flag}});
  rules.refuse_when("unshare", EPERM, {{0, SCMP_CMP_MASKED_EQ, CLONE_NEWTIME, CLONE_NEWTIME}});
  rules.refuse_when("ioctl", EPERM, {low_half(1, TIOCSTI)});
  rules.refuse_when("ioctl", EPERM, {low_half(1, TIOCLINUX)});
  refuse_sockets(rules, options.refuse_internet);
  refuse_personalities(rules);
  refuse_set_id_bits(rules);
  if (options.strict || !options.trace_allowed)
    for (const char* name : kTracing) rules.refuse(name, EPERM);
  return rules.program();
}

}  // namespace rh::sandbox
