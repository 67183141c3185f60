// Group E: files of the kernel, privileges that would come back, and what all processes of a user share.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <ctime>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// open_to_write PATH…: opens each and writes nothing, since some of them act on any byte.
int open_to_write(Arguments paths) {
  Acts acts;
  for (const char* path : paths) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    acts.note("open", path, fd);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// What a text of addresses gives away: nothing when it is empty or every address is zero.
bool tells_nothing(const std::string& text) {
  bool at_begin = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (at_begin && text.compare(i, 16, "0000000000000000") != 0) return false;
    at_begin = text[i] == '\n' && i + 16 < text.size();
  }
  return true;
}

// peek PATH…: reads some of each, and waits for nothing. `masked` when there is nothing to see.
int peek(Arguments paths) {
  Acts acts;
  for (const char* path : paths) {
    char buffer[4096];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const ssize_t count = fd < 0 ? -1 : read(fd, buffer, sizeof buffer);
    if (count < 0) {
      acts.note("peek", path, false);
    } else {
      const std::string text(buffer, static_cast<std::size_t>(count));
      const std::size_t lines_end = text.rfind('\n') + 1;
      if (text.empty())
        say(std::string("peek ") + path, "empty");
      else if (lines_end > 0 && tells_nothing(text.substr(0, lines_end)))
        say(std::string("peek ") + path, "masked");
      else
        acts.note_error("peek", path, 0);
    }
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// personalities: ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, both, and PER_LINUX32: those that weaken a program's own
// defences, and the two harmless ones.
int personalities(Arguments) {
  Acts acts, harmless;
  for (const unsigned long one : {0x40000UL, 0x400000UL, 0x440000UL, 0x8UL}) {
    acts.note("personality", std::to_string(one), personality(one));
    personality(0);
  }
  harmless.note("personality", "0", personality(0));
  harmless.note("personality", "query", personality(0xffffffff));
  return acts.exit_code();
}

// regain: asks for capabilities in every way, and says what it has then.
int regain(Arguments) {
  Acts acts;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  constexpr std::uint32_t kRaw = 1U << CAP_NET_RAW;
  data[0] = {kRaw, kRaw, kRaw};
  acts.note("capset", "", syscall(SYS_capset, &header, data));
  acts.note("ambient", "", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
  acts.note("securebits", "", prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS));
  acts.note("bounding set", "", prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0));
  Acts without_effect;
  without_effect.note("keep", "", prctl(PR_SET_KEEPCAPS, 1));
  without_effect.note("memory map", "", prctl(PR_SET_MM, PR_SET_MM_START_BRK, 4096, 0, 0));
  without_effect.note("dumpable", "", prctl(PR_SET_DUMPABLE, 1));
  without_effect.note("no_new_privs", "", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  std::string status = text_of("/proc/self/status");
  for (const char* key : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
    if (const std::size_t at = status.find(key); at != std::string::npos)
      say(key, std::string_view(status).substr(at + 8, 16));
  return acts.exit_code();
}

// A filter of its own that refuses getpriority.
bool filter_is_heeded() {
  sock_filter program[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{std::size(program), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
    return false;
  errno = 0;
  return syscall(SYS_getpriority, PRIO_PROCESS, 0) < 0 && errno == EDOM;
}

// Rules of its own that let no file be made.
bool rules_are_heeded(const char* path) {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_REG;
  const long rules = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
  if (rules < 0 || syscall(SYS_landlock_restrict_self, rules, 0) != 0) return false;
  return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0 && errno == EACCES;
}

// nest_rules FILE: a sandbox in the sandbox.
int nest_rules(Arguments arguments) {
  Acts acts;
  acts.note("filter", "", filter_is_heeded());
  acts.note("rules", "", rules_are_heeded(arguments[0]));
  return acts.exit_code();
}

// exhaust: takes all that it gets of what a user's processes share.
int exhaust(Arguments) {
  constexpr int kMost = 100'000;
  Acts acts;
  acts.note("session keyring", "", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr));
  const int pid_file = open("/run/rh-escape.pid", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  acts.note("pid file", "", pid_file);
  if (pid_file >= 0) unlink("/run/rh-escape.pid");
  int instances = 0;
  while (instances < kMost && inotify_init1(IN_CLOEXEC) >= 0) ++instances;
  say("inotify instances", instances);
  acts.note_error("next inotify", "", instances < kMost ? errno : 0);
  int timers = 0;
  sigevent event{};
  event.sigev_notify = SIGEV_NONE;
  for (timer_t timer = nullptr; timers < kMost && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;) ++timers;
  say("timers", timers);
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"open_to_write", "PATH...", 1, open_to_write}, {"peek", "PATH...", 1, peek},
    {"personalities", "", 0, personalities},        {"regain", "", 0, regain},
    {"nest_rules", "FILE", 1, nest_rules},          {"exhaust", "", 0, exhaust},
};

}  // namespace

std::span<const Probe> surface_probes() { return kProbes; }

}  // namespace rh::probe
