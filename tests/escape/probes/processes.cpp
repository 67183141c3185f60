// Group B: processes that are too many, never rest, or would outlive the run.
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <ctime>
#include <new>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// A number that all processes of the probe have in common.
std::atomic<std::int64_t>& shared_number() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) broken("mmap");
  return *new (page) std::atomic<std::int64_t>(0);
}

std::int64_t milliseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// Waits until somebody has written to the pipe.
bool heard(const std::array<int, 2>& ends) {
  char byte = 0;
  return read(ends[0], &byte, 1) == 1;
}

void speak(const std::array<int, 2>& ends) { (void)!write(ends[1], "x", 1); }

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) broken("pipe");
  return ends;
}

// Runs `work` in a process of another session whose parents are gone.
template <class Work>
void detach(Work work) {
  const pid_t middle = fork();
  if (middle < 0) broken("fork");
  if (middle == 0) {
    setsid();
    if (fork() == 0) work();
    _exit(0);
  }
  waitpid(middle, nullptr, 0);
}

// daemon SECONDS: a double fork with a session of its own; the main process ends at once.
int daemon_and_exit(Arguments arguments) {
  const auto ready = make_pipe();
  detach([&] {
    speak(ready);
    sleep(static_cast<unsigned>(number(arguments[0])));
  });
  Acts acts;
  acts.note("daemon", "", heard(ready));
  return acts.exit_code();
}

// chatter: as `daemon`, but it holds the output open and goes on writing to it.
int chatter(Arguments) {
  const auto ready = make_pipe();
  detach([&] {
    speak(ready);
    for (;;) {
      say("still", "here");
      usleep(5000);
    }
  });
  Acts acts;
  acts.note("daemon", "", heard(ready));
  return acts.exit_code();
}

// Members of a storm rest between two tries and are gone after this, whatever becomes of their run: the
// storm is about numbers, and others live on the machine, too.
constexpr unsigned kStormSeconds = 3;
void rest() { usleep(2000); }

// storm COUNT [give_up]: every process forks until there are COUNT of them, and asks again when it is
// refused; with `give_up` the first one ends then.
int storm(Arguments arguments) {
  const std::int64_t wanted = number(arguments[0]);
  const bool gives_up = arguments.size() > 1;
  std::atomic<std::int64_t>& made = shared_number();
  made = 1;
  bool first = true, refused = false;
  Acts acts;
  alarm(kStormSeconds);
  while (made < wanted) {
    const pid_t pid = fork();
    if (pid == 0) {
      alarm(kStormSeconds);
      first = false;
    }
    if (pid > 0) ++made;
    if (pid >= 0) continue;
    if (first && !refused) {
      refused = true;
      acts.note_error("fork", "", errno);
      if (gives_up) return acts.exit_code();
    }
    rest();
  }
  while (!first) pause();
  acts.note_error("storm", arguments[0], 0);
  return acts.exit_code();
}

struct ThreadStorm {
  std::atomic<std::int64_t> made{1};
  std::int64_t wanted = 0;
};

int multiply(void* given) {
  auto& storm = *static_cast<ThreadStorm*>(given);
  constexpr std::size_t kStack = 16384;
  alarm(kStormSeconds);
  while (storm.made < storm.wanted) {
    void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) break;
    // Each is a process of its own, in the one memory that all of them share.
    while (clone(multiply, static_cast<char*>(stack) + kStack, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, given) < 0)
      rest();
    ++storm.made;
  }
  for (;;) pause();
}

// thread_storm COUNT: as `storm`, by clone with one memory for all.
int thread_storm(Arguments arguments) {
  static ThreadStorm storm;
  storm.wanted = number(arguments[0]);
  static std::array<char, 65536> stack;
  alarm(kStormSeconds);
  if (clone(multiply, stack.data() + stack.size(), CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, &storm) < 0)
    broken("clone");
  while (storm.made < storm.wanted) rest();
  Acts acts;
  acts.note_error("storm", arguments[0], 0);
  return acts.exit_code();
}

// chain MILLISECONDS: each process forks one child and exits, for so long; the first is gone at once.
// chain MILLISECONDS stay: the first waits for its end.
int chain(Arguments arguments) {
  const std::int64_t end = milliseconds_now() + number(arguments[0]);
  std::atomic<std::int64_t>& links = shared_number();
  detach([&] {
    while (milliseconds_now() < end) {
      const pid_t pid = fork();
      if (pid > 0) _exit(0);
      if (pid == 0) ++links;
    }
  });
  while (links < 10) usleep(1000);
  Acts acts;
  acts.note_error("chain", "", 0);
  while (arguments.size() > 1 && milliseconds_now() < end) usleep(1000);
  return acts.exit_code();
}

// zombies COUNT: children that have ended and that nobody waits for.
int zombies(Arguments arguments) {
  Acts acts;
  std::int64_t made = 0;
  int error = 0;
  while (made < number(arguments[0]) && error == 0) {
    const pid_t pid = fork();
    if (pid == 0) _exit(0);
    if (pid > 0)
      ++made;
    else
      error = errno;
  }
  say("made", made);
  acts.note_error("zombies", "", error);
  return acts.exit_code();
}

// Shares its parent's memory and never gives it back.
int keep_memory(void* ready) {
  speak(*static_cast<const std::array<int, 2>*>(ready));
  for (;;) pause();
}

void stay_in_vfork(std::array<int, 2> ready) {
  static std::array<char, 65536> stack;
  clone(keep_memory, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &ready);
  broken("vfork");
}

// vfork: a parent that waits for a vforked child, which neither execs nor ends. The main process ends.
// vfork self: the main process is that parent.
int vfork_and_stay(Arguments arguments) {
  const auto ready = make_pipe();
  if (!arguments.empty()) stay_in_vfork(ready);
  detach([&] { stay_in_vfork(ready); });
  Acts acts;
  acts.note("vfork", "", heard(ready));
  return acts.exit_code();
}

// subreaper: a process that orphans come to instead of to init, and one such orphan. The main process ends.
int subreaper(Arguments) {
  const auto ready = make_pipe();
  detach([&] {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) broken("prctl");
    const pid_t self = getpid();
    detach([&] {
      while (getppid() != self) sched_yield();
      speak(ready);
      for (;;) pause();
    });
    for (;;) pause();
  });
  Acts acts;
  acts.note("adopt", "", heard(ready));
  return acts.exit_code();
}

// unbound [stay]: as `daemon`, but nobody's death means its own. With `stay` the main process does not end.
int unbound(Arguments arguments) {
  const auto ready = make_pipe();
  Acts acts;
  acts.note("prctl", "", prctl(PR_SET_PDEATHSIG, 0));
  detach([&] {
    prctl(PR_SET_PDEATHSIG, 0);
    for (int number = 1; number < 32; ++number) signal(number, SIG_IGN);
    speak(ready);
    for (;;) pause();
  });
  acts.note("daemon", "", heard(ready));
  while (!arguments.empty()) pause();
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"daemon", "SECONDS", 1, daemon_and_exit},  {"chatter", "", 0, chatter},
    {"storm", "COUNT [give_up]", 1, storm},     {"thread_storm", "COUNT", 1, thread_storm},
    {"chain", "MILLISECONDS [stay]", 1, chain}, {"zombies", "COUNT", 1, zombies},
    {"vfork", "[self]", 0, vfork_and_stay},     {"subreaper", "", 0, subreaper},
    {"unbound", "[stay]", 0, unbound},
};

}  // namespace

std::span<const Probe> process_probes() { return kProbes; }

}  // namespace rh::probe
