// Group C: more CPU time than was given, and time that nobody waits for.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <new>
#include <thread>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

std::int64_t clock_now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1000 * kMillisecond + now.tv_nsec;
}

// Until the calling thread has had so much; 0: for ever.
void burn_for(std::int64_t milliseconds) {
  while (milliseconds == 0 || clock_now(CLOCK_THREAD_CPUTIME_ID) < milliseconds * kMillisecond) {
  }
}

struct Shared {
  std::atomic<std::int64_t> nanoseconds{0};
  std::atomic<std::int64_t> finished{0};

  // The last act of a process.
  [[noreturn]] void finish() {
    nanoseconds += clock_now(CLOCK_PROCESS_CPUTIME_ID);
    ++finished;
    _exit(0);
  }
};

Shared& make_shared() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) broken("mmap");
  return *new (page) Shared;
}

// What all of them have burned, this process included.
int say_burned(const Shared& shared) {
  say("burned", (shared.nanoseconds + clock_now(CLOCK_PROCESS_CPUTIME_ID)) / 1000);
  return 0;
}

// burn MILLISECONDS [THREADS]: so much in each thread; 0: for ever.
int burn(Arguments arguments) {
  const std::int64_t each = number(arguments[0]);
  std::vector<std::thread> threads;
  for (std::int64_t i = 1; i < (arguments.size() > 1 ? number(arguments[1]) : 1); ++i)
    threads.emplace_back(burn_for, each);
  burn_for(each);
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// burn_children COUNT MILLISECONDS [ignore]: side by side. `ignore`: one after the other, and nobody waits.
int burn_children(Arguments arguments) {
  const bool ignored = arguments.size() > 2;
  Shared& shared = make_shared();
  if (ignored) signal(SIGCHLD, SIG_IGN);
  for (std::int64_t i = 0; i < number(arguments[0]); ++i) {
    const pid_t child = fork();
    if (child < 0) broken("fork");
    if (child == 0) {
      burn_for(number(arguments[1]));
      shared.finish();
    }
    while (ignored && shared.finished <= i) usleep(100);
  }
  while (wait(nullptr) > 0) {
  }
  return say_burned(shared);
}

// burn_orphans COUNT MILLISECONDS: in processes whose parents are gone; waits until they have finished.
int burn_orphans(Arguments arguments) {
  const std::int64_t count = number(arguments[0]);
  Shared& shared = make_shared();
  for (std::int64_t i = 0; i < count; ++i) {
    const pid_t middle = fork();
    if (middle == 0) {
      if (fork() == 0) {
        burn_for(number(arguments[1]));
        shared.finish();
      }
      shared.nanoseconds += clock_now(CLOCK_PROCESS_CPUTIME_ID);
      _exit(0);
    }
    waitpid(middle, nullptr, 0);
  }
  while (shared.finished < count) usleep(1000);
  return say_burned(shared);
}

// burn_ledger FILE COUNT: processes that burn for ever and keep their clocks, in nanoseconds, in the file.
int burn_ledger(Arguments arguments) {
  const auto count = static_cast<std::size_t>(number(arguments[1]));
  const int fd = open(arguments[0], O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(count * sizeof(std::int64_t))) != 0) broken("open");
  void* page = mmap(nullptr, count * sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) broken("mmap");
  auto* clocks = static_cast<volatile std::int64_t*>(page);
  std::size_t own = 0;
  for (std::size_t i = 1; i < count && own == 0; ++i)
    if (fork() == 0) own = i;
  for (;;) clocks[own] = clock_now(CLOCK_PROCESS_CPUTIME_ID);
}

// burn_stubborn: catches what tells it that its time is over, and goes on.
int burn_stubborn(Arguments) {
  static volatile sig_atomic_t caught = 0;
  for (const int number : {SIGXCPU, SIGTERM}) signal(number, [](int) { caught = caught + 1; });
  raise(SIGXCPU);
  Acts acts;
  acts.note("catch", "SIGXCPU", caught == 1);
  burn_for(0);
  return acts.exit_code();
}

// spread MILLISECONDS: a thread on each processor of the machine, by its own choice, for so long.
int spread(Arguments arguments) {
  const long count = sysconf(_SC_NPROCESSORS_CONF);
  const std::int64_t end = clock_now(CLOCK_MONOTONIC) + number(arguments[0]) * kMillisecond;
  Acts acts;
  std::vector<std::thread> threads;
  for (long i = 0; i < count; ++i)
    threads.emplace_back([&acts, i, end] {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(static_cast<std::size_t>(i), &one);
      acts.note("affinity", std::to_string(i), sched_setaffinity(0, sizeof one, &one));
      while (clock_now(CLOCK_MONOTONIC) < end) {
      }
    });
  for (std::thread& thread : threads) thread.join();
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"burn", "MILLISECONDS [THREADS]", 1, burn},
    {"burn_children", "COUNT MILLISECONDS [ignore]", 2, burn_children},
    {"burn_orphans", "COUNT MILLISECONDS", 2, burn_orphans},
    {"burn_ledger", "FILE COUNT", 2, burn_ledger},
    {"burn_stubborn", "", 0, burn_stubborn},
    {"spread", "MILLISECONDS", 1, spread},
};

}  // namespace

std::span<const Probe> cpu_probes() { return kProbes; }

}  // namespace rh::probe
