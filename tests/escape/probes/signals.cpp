// Group B: signals that would leave the run, and ends that are not what they seem.
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// kill SIGNAL PID|parent…
int kill_processes(Arguments arguments) {
  Acts acts;
  for (const char* name : arguments.subspan(1)) {
    const pid_t pid = std::strcmp(name, "parent") == 0 ? getppid() : static_cast<pid_t>(number(name));
    acts.note("kill", name, kill(pid, static_cast<int>(number(arguments[0]))));
  }
  return acts.exit_code();
}

// kill_all: everything that can be reached, with one process in the tree that certainly can.
int kill_all(Arguments) {
  const pid_t accomplice = fork();
  if (accomplice == 0) {
    for (;;) pause();
  }
  Acts acts;
  acts.note("kill", "-1", kill(-1, SIGKILL));
  int status = 0;
  waitpid(accomplice, &status, 0);
  acts.note("accomplice killed", "", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  return acts.exit_code();
}

// stubborn SECONDS: ignores what asks it to end, tries that out, and stays.
int stubborn(Arguments arguments) {
  Acts acts;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    signal(number, SIG_IGN);
    acts.note("ignore", sigabbrev_np(number), raise(number));
  }
  sleep(static_cast<unsigned>(number(arguments[0])));
  return acts.exit_code();
}

const char* saved_to = nullptr;

void save(int) {
  const int fd = open(saved_to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  _exit(write(fd, "saved\n", 6) == 6 ? 0 : 1);
}

// saver FILE [now]: writes the file when it is asked to end, and ends. `now`: asks itself.
int saver(Arguments arguments) {
  saved_to = arguments[0];
  signal(SIGTERM, save);
  if (arguments.size() > 1) raise(SIGTERM);
  for (;;) pause();
}

// stopped [self]: children that are stopped, and with `self` the main process, too.
int stopped(Arguments arguments) {
  Acts acts;
  for (int i = 0; i < 3; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      for (;;) raise(SIGSTOP);
    }
    int status = 0;
    waitpid(pid, &status, WUNTRACED);
    acts.note("stop", "", WIFSTOPPED(status));
  }
  if (!arguments.empty()) raise(SIGSTOP);
  return acts.exit_code();
}

// trace PID ADDRESS: writes "OWNED" into the memory of another process, in each way that there is.
int trace(Arguments arguments) {
  Acts acts;
  const auto pid = static_cast<pid_t>(number(arguments[0]));
  const auto address = static_cast<std::uintptr_t>(number(arguments[1]));
  char word[] = "OWNED";
  iovec from{word, sizeof word}, to{reinterpret_cast<void*>(address), sizeof word};
  acts.note("process_vm_writev", "", static_cast<long>(process_vm_writev(pid, &from, 1, &to, 1, 0)));
  iovec into{word, sizeof word};
  acts.note("process_vm_readv", "", static_cast<long>(process_vm_readv(pid, &into, 1, &to, 1, 0)));
  const std::string path = "/proc/" + std::string(arguments[0]) + "/mem";
  const int memory = open(path.c_str(), O_RDWR | O_CLOEXEC);
  acts.note("mem", "", memory >= 0 && pwrite(memory, word, sizeof word, static_cast<off_t>(address)) > 0);
  const bool attached = ptrace(PTRACE_ATTACH, pid, nullptr, nullptr) == 0;
  acts.note("ptrace", "", attached);
  if (!attached) return acts.exit_code();
  waitpid(pid, nullptr, __WALL);
  ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return acts.exit_code();
}

// exit CODE
int exit_with(Arguments arguments) { return static_cast<int>(number(arguments[0])); }

// raise SIGNAL: dies of it.
int raise_signal(Arguments arguments) {
  raise(static_cast<int>(number(arguments[0])));
  return kNothing;
}

// killed_child: a child's child dies of SIGKILL; the main process says that all is well.
int killed_child(Arguments) {
  const pid_t child = fork();
  if (child == 0) {
    const pid_t grandchild = fork();
    if (grandchild == 0) raise(SIGKILL);
    int status = 0;
    waitpid(grandchild, &status, 0);
    _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Acts acts;
  acts.note("grandchild killed", "", WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return acts.exit_code();
}

std::int64_t locked_bytes() {
  const std::string status = text_of("/proc/self/status");
  const std::size_t at = status.find("VmLck:");
  return at == std::string::npos ? -1 : number(status.c_str() + at + 6) * 1024;
}

// priorities: asks for more than others get, then says what it has.
int priorities(Arguments) {
  constexpr std::size_t kLarge = 64U << 20;
  Acts acts;
  acts.note("nice", "", setpriority(PRIO_PROCESS, 0, -20));
  sched_param parameters{};
  parameters.sched_priority = 50;
  acts.note("fifo", "", sched_setscheduler(0, SCHED_FIFO, &parameters));
  acts.note("ioprio", "", syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 0)));
  void* large = mmap(nullptr, kLarge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  acts.note("mlock", "", mlock(large, kLarge));
  say("nice is", getpriority(PRIO_PROCESS, 0));
  say("policy is", sched_getscheduler(0));
  say("ioprio class is", syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) >> IOPRIO_CLASS_SHIFT);
  say("locked is", locked_bytes());
  return acts.exit_code();
}

// affinity CPU: asks to run on that processor alone.
int affinity(Arguments arguments) {
  Acts acts;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(number(arguments[0])), &set);
  acts.note("affinity", arguments[0], sched_setaffinity(0, sizeof set, &set));
  return acts.exit_code();
}

bool write_text(const std::string& path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(fd);
  errno = error;
  return done;
}

// join go|stay FOLDER…: moves itself to other control groups; with `stay` it waits for the end of its input.
int join(Arguments arguments) {
  Acts acts;
  for (const char* folder : arguments.subspan(1))
    acts.note("join", folder, write_text(std::string(folder) + "/cgroup.procs", "0"));
  char byte = 0;
  if (std::strcmp(arguments[0], "stay") == 0) (void)!read(STDIN_FILENO, &byte, 1);
  return acts.exit_code();
}

// subgroups FOLDER…: makes control groups below these that nobody may enter.
int subgroups(Arguments folders) {
  Acts acts;
  for (const char* folder : folders) {
    const std::string inner = std::string(folder) + "/hostile";
    if (acts.note("mkdir", folder, mkdir(inner.c_str(), 0755))) chmod(inner.c_str(), 0);
  }
  return acts.exit_code();
}

// freeze FOLDER…: freezes the control groups.
int freeze(Arguments folders) {
  Acts acts;
  for (const char* folder : folders)
    acts.note("freeze", folder, write_text(std::string(folder) + "/cgroup.freeze", "1"));
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"kill", "SIGNAL PID|parent...", 2, kill_processes},
    {"kill_all", "", 0, kill_all},
    {"stubborn", "SECONDS", 1, stubborn},
    {"saver", "FILE [now]", 1, saver},
    {"stopped", "[self]", 0, stopped},
    {"trace", "PID ADDRESS", 2, trace},
    {"exit", "CODE", 1, exit_with},
    {"raise", "SIGNAL", 1, raise_signal},
    {"killed_child", "", 0, killed_child},
    {"priorities", "", 0, priorities},
    {"affinity", "CPU", 1, affinity},
    {"join", "go|stay FOLDER...", 2, join},
    {"subgroups", "FOLDER...", 1, subgroups},
    {"freeze", "FOLDER...", 1, freeze},
};

}  // namespace

std::span<const Probe> signal_probes() { return kProbes; }

}  // namespace rh::probe
