// Group E: system calls that no test suite needs.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

long word(const void* pointer) { return reinterpret_cast<long>(pointer); }

// syscall NUMBER [ARGUMENT…]: one call by number, up to six arguments.
int call(Arguments arguments) {
  std::array<long, 6> words{};
  for (std::size_t i = 1; i < arguments.size() && i <= words.size(); ++i)
    words.at(i - 1) = static_cast<long>(number(arguments[i]));
  Acts acts;
  acts.note(
      "syscall", arguments[0],
      syscall(static_cast<long>(number(arguments[0])), words[0], words[1], words[2], words[3], words[4], words[5]));
  return acts.exit_code();
}

// status KEY…: lines of /proc/self/status.
int status(Arguments keys) {
  const std::string text = "\n" + text_of("/proc/self/status");
  for (const char* key : keys) {
    const std::size_t at = text.find("\n" + std::string(key) + ":");
    if (at == std::string::npos) continue;
    const std::size_t begin = text.find_first_not_of(" \t", text.find(':', at) + 1);
    say(key, std::string_view(text).substr(begin, text.find('\n', begin) - begin));
  }
  return 0;
}

#ifdef __x86_64__
// The 32-bit entry, which has numbers of its own.
long call_by_interrupt(long number, long first, long second, long third) {
  long result = 0;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(first), "c"(second), "d"(third)
               : "memory", "r8", "r9", "r10", "r11");
  return static_cast<int>(result);
}
#endif

// entries: refused calls by the other ways into the kernel.
int entries(Arguments) {
  Acts acts;
#ifdef __x86_64__
  constexpr long kKeyctl32 = 288, kSocket32 = 359, kX32 = 0x40000000;
  const auto by_interrupt = [&](const char* name, long number, long first, long second, long third) {
    const long result = call_by_interrupt(number, first, second, third);
    acts.note_error("int80", name, result < 0 ? static_cast<int>(-result) : 0);
  };
  by_interrupt("keyctl", kKeyctl32, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1);
  by_interrupt("vsock", kSocket32, AF_VSOCK, SOCK_STREAM, 0);
  acts.note("x32", "keyctl", syscall(kX32 | SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1));
  acts.note("x32", "vsock", syscall(kX32 | SYS_socket, AF_VSOCK, SOCK_STREAM, 0));
#endif
  return acts.exit_code();
}

// rings: io_uring, which opens files and sockets out of a filter's sight.
int rings(Arguments) {
  Acts acts;
  io_uring_params parameters{};
  const long ring = syscall(SYS_io_uring_setup, 8, &parameters);
  acts.note("io_uring_setup", "", ring);
  acts.note("io_uring_enter", "", syscall(SYS_io_uring_enter, ring, 0, 0, 0, nullptr, 0));
  // Registering one descriptor: a table of itself.
  int file = STDOUT_FILENO;
  acts.note("io_uring_register", "", syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &file, 1));
  return acts.exit_code();
}

// keys NAME: a key in the keyring of the user, which outlives every process.
int keys(Arguments arguments) {
  Acts acts;
  acts.note("add_key", "", syscall(SYS_add_key, "user", arguments[0], "secret", 6, KEY_SPEC_USER_KEYRING));
  acts.note("keyctl", "", syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", arguments[0], 0));
  acts.note("request_key", "", syscall(SYS_request_key, "user", arguments[0], nullptr, 0));
  acts.note("keyctl", "session", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr));
  return acts.exit_code();
}

// machine: calls that change or look into the machine, with arguments that do no harm where they are allowed.
int machine(Arguments) {
  Acts acts;
  bpf_attr map{};
  map.map_type = BPF_MAP_TYPE_ARRAY;
  map.key_size = map.value_size = 4;
  map.max_entries = 1;
  perf_event_attr event{};
  event.type = PERF_TYPE_SOFTWARE;
  event.size = sizeof event;
  event.config = PERF_COUNT_SW_TASK_CLOCK;
  event.exclude_kernel = 1;
  const timeval no_time{0, 2'000'000};
  const timespec no_time_either{0, 2'000'000'000};
  timex query{};
  alignas(file_handle) char space[sizeof(file_handle) + 128]{};
  auto* handle = reinterpret_cast<file_handle*>(space);
  handle->handle_bytes = 128;
  int mount_id = 0;
  constexpr long kWrong = 0x7fff0000, kTooLong = 1000, kDriver = 0x80;
  const char* missing = "/nowhere/at/all";
  const struct {
    const char* name;
    long number, first = 0, second = 0, third = 0, fourth = 0, fifth = 0;
  } calls[] = {
      {"bpf", SYS_bpf, BPF_MAP_CREATE, word(&map), sizeof map},
      {"perf_event_open", SYS_perf_event_open, word(&event), 0, -1, -1},
      {"userfaultfd", SYS_userfaultfd, 1},
      {"kexec_load", SYS_kexec_load, 0, 0, 0, kWrong},
      {"kexec_file_load", SYS_kexec_file_load, -1, -1, 0, 0, kWrong},
      {"init_module", SYS_init_module, 0, 0, word("")},
      {"finit_module", SYS_finit_module, -1, word("")},
      {"delete_module", SYS_delete_module, word("rh_no_such_module"), O_NONBLOCK},
      {"iopl", SYS_iopl, 3},
      {"ioperm", SYS_ioperm, kDriver, 1, 1},
      {"swapon", SYS_swapon, word(missing)},
      {"swapoff", SYS_swapoff, word(missing)},
      {"reboot", SYS_reboot},  // without the magic numbers: EINVAL
      {"settimeofday", SYS_settimeofday, word(&no_time)},
      {"clock_settime", SYS_clock_settime, CLOCK_REALTIME, word(&no_time_either)},
      {"clock_adjtime", SYS_clock_adjtime, CLOCK_REALTIME, word(&query)},
      {"acct", SYS_acct, word(missing)},
      {"quotactl", SYS_quotactl, kWrong, word(missing)},
      {"nfsservctl", SYS_nfsservctl},
      {"lookup_dcookie", SYS_lookup_dcookie},
      {"name_to_handle_at", SYS_name_to_handle_at, AT_FDCWD, word("/"), word(handle), word(&mount_id)},
      {"open_by_handle_at", SYS_open_by_handle_at, AT_FDCWD, word(handle), O_RDONLY | O_PATH},
      {"fanotify_init", SYS_fanotify_init, 0, O_RDONLY},
      {"syslog", SYS_syslog, 10},  // size of the buffer
      {"sethostname", SYS_sethostname, word(missing), kTooLong},
      {"setdomainname", SYS_setdomainname, word(missing), kTooLong},
  };
  for (const auto& one : calls)
    acts.note(one.name, "", syscall(one.number, one.first, one.second, one.third, one.fourth, one.fifth, 0));
  return acts.exit_code();
}

struct Namespace {
  const char* name;
  long flag;
};
constexpr Namespace kNamespaces[] = {{"mnt", CLONE_NEWNS},  {"cgroup", CLONE_NEWCGROUP}, {"uts", CLONE_NEWUTS},
                                     {"ipc", CLONE_NEWIPC}, {"user", CLONE_NEWUSER},     {"pid", CLONE_NEWPID},
                                     {"net", CLONE_NEWNET}};

// Does it in a child of its own; `act` gives an errno.
template <class Act>
int in_child(Act act) {
  const pid_t child = fork();
  if (child == 0) _exit(act());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

int errno_of(long result) { return result < 0 ? errno : 0; }

int child_errno(long pid) {
  if (pid == 0) _exit(0);
  const int error = errno_of(pid);
  if (pid > 0) waitpid(static_cast<pid_t>(pid), nullptr, __WALL);
  return error;
}

// new_namespaces [user]: each kind by unshare, clone, clone3 and setns; `user`: together with a user namespace.
int new_namespaces(Arguments arguments) {
  const long also = arguments.empty() ? 0 : CLONE_NEWUSER;
  Acts acts;
  for (const Namespace& one : kNamespaces) {
    const long flags = one.flag | also;
    acts.note_error("unshare", one.name, in_child([&] { return errno_of(syscall(SYS_unshare, flags)); }));
    acts.note_error("clone", one.name, in_child([&] {
                      return child_errno(syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
                    }));
    acts.note_error("clone3", one.name, in_child([&] {
                      clone_args given{};
                      given.flags = static_cast<std::uint64_t>(flags);
                      given.exit_signal = SIGCHLD;
                      return child_errno(syscall(SYS_clone3, &given, sizeof given));
                    }));
    Acts joining;  // refused for some kinds even to root: a user namespace cannot be joined twice
    joining.note_error("setns", one.name, in_child([&] {
                         const int own = open(("/proc/self/ns/" + std::string(one.name)).c_str(), O_RDONLY | O_CLOEXEC);
                         return errno_of(syscall(SYS_setns, own, one.flag));
                       }));
  }
  return acts.exit_code();
}

// threads: libc's way to make them, which tries clone3 first.
int threads(Arguments) {
  int seen = 0;
  std::thread([&] { seen = 1; }).join();
  Acts acts;
  acts.note("thread", "", seen == 1);
  acts.note_error("fork", "", in_child([] { return 0; }));
  return acts.exit_code();
}

bool has_capabilities() {
  const std::string status = text_of("/proc/self/status");
  const std::size_t at = status.find("CapEff:");
  return status.compare(at + 8, 16, "0000000000000000") != 0;
}

// mount_calls FOLDER [user]: in a mount namespace of its own where it can have one.
int mount_calls(Arguments arguments) {
  const char* folder = arguments[0];
  const int flags = CLONE_NEWNS | (arguments.size() > 1 ? CLONE_NEWUSER : 0);
  const bool own = unshare(flags) == 0;
  if (!own && has_capabilities()) broken("unshare");  // else the mounts would be the machine's
  if (own) mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  Acts acts;
  acts.note("mount", "", mount("tmpfs", folder, "tmpfs", 0, nullptr));
  acts.note("umount2", "", umount2(folder, MNT_DETACH));
  const long context = syscall(SYS_fsopen, "tmpfs", 0);
  acts.note("fsopen", "", context);
  acts.note("fsconfig", "", syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  const long mounted = syscall(SYS_fsmount, context, 0, 0);
  acts.note("fsmount", "", mounted);
  acts.note("move_mount", "", syscall(SYS_move_mount, mounted, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH));
  acts.note("open_tree", "", syscall(SYS_open_tree, AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  acts.note("mount_setattr", "", syscall(SYS_mount_setattr, AT_FDCWD, folder, 0, &attributes, sizeof attributes));
  if (chdir(folder) != 0) broken("chdir");
  acts.note("pivot_root", "", syscall(SYS_pivot_root, ".", "."));
  acts.note("chroot", "", chroot("."));
  return acts.exit_code();
}

// families: a socket of each family that has no business in a test.
int families(Arguments) {
  constexpr struct {
    const char* name;
    long family, type, protocol;
  } kFamilies[] = {{"vsock", AF_VSOCK, SOCK_STREAM, 0},        {"netlink generic", AF_NETLINK, SOCK_RAW, 16},
                   {"netlink audit", AF_NETLINK, SOCK_RAW, 9}, {"netlink uevent", AF_NETLINK, SOCK_DGRAM, 15},
                   {"netlink diag", AF_NETLINK, SOCK_RAW, 4},  {"packet", AF_PACKET, SOCK_RAW, 0},
                   {"alg", AF_ALG, SOCK_SEQPACKET, 0},         {"key", AF_KEY, SOCK_RAW, 2},
                   {"bluetooth", AF_BLUETOOTH, SOCK_RAW, 1},   {"xdp", AF_XDP, SOCK_RAW, 0},
                   {"tipc", AF_TIPC, SOCK_SEQPACKET, 0}};
  constexpr long kHighBits = 1L << 32;
  Acts acts;
  for (const auto& one : kFamilies) {
    acts.note("socket", one.name, syscall(SYS_socket, one.family, one.type, one.protocol));
    acts.note("high", one.name, syscall(SYS_socket, one.family | kHighBits, one.type, one.protocol));
  }
  Acts useful;
  useful.note("socket", "netlink route", syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"syscall", "NUMBER [ARGUMENT]...", 1, call},
    {"status", "KEY...", 1, status},
    {"entries", "", 0, entries},
    {"rings", "", 0, rings},
    {"keys", "NAME", 1, keys},
    {"machine", "", 0, machine},
    {"new_namespaces", "[user]", 0, new_namespaces},
    {"threads", "", 0, threads},
    {"mount_calls", "FOLDER [user]", 1, mount_calls},
    {"families", "", 0, families},
};

}  // namespace

std::span<const Probe> kernel_probes() { return kProbes; }

}  // namespace rh::probe
