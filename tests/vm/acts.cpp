#include "tests/vm/acts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace rh::vm {
namespace {

int touch(std::size_t bytes) {
  auto* memory = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) return 2;
  for (std::size_t i = 0; i < bytes; i += 4096) memory[i] = 1;
  std::puts("survived");
  return 0;
}

// Happy, although its child was killed.
int touch_in_child(std::size_t bytes) {
  if (fork() == 0) _exit(touch(bytes));
  wait(nullptr);
  std::puts("all passed");
  std::fflush(stdout);
  for (int i = 0; i < 1000; ++i) usleep(10'000);
  return 0;
}

int fill_memfd(std::size_t bytes) {
  const int file = memfd_create("filled", 0);
  static char block[65536];
  std::memset(block, 1, sizeof block);
  for (std::size_t done = 0; done < bytes; done += sizeof block)
    if (write(file, block, sizeof block) < 0) return 2;
  std::puts("survived");
  return 0;
}

[[noreturn]] void multiply() {
  for (;;) {
    fork();
    usleep(5000);
  }
}

// The one who sets it off stays.
int bomb() {
  if (fork() == 0) multiply();
  for (;;) pause();
}

// The one who sets it off leaves, happy, once there is no more room.
int drop_bomb() {
  for (;;) {
    const int pid = fork();
    if (pid == 0) multiply();
    if (pid < 0) return 0;
  }
}

void burn(long milliseconds) {
  const auto used = [] {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
  };
  while (used() < milliseconds) continue;
}

// Each burns in a grandchild that nobody waits for; the pipe says when all are done.
int burn_in_orphans(int count, long milliseconds) {
  int ends[2];
  if (pipe(ends) != 0) return 2;
  for (int i = 0; i < count; ++i) {
    if (fork() == 0) {
      if (fork() == 0) {
        burn(milliseconds);
        _exit(0);
      }
      _exit(0);
    }
  }
  close(ends[1]);
  char byte = 0;
  while (read(ends[0], &byte, 1) > 0) continue;
  while (wait(nullptr) > 0) continue;
  return 0;
}

// Sessions of their own, deaf to everything but SIGKILL.
int scatter(int count) {
  for (int i = 0; i < count; ++i) {
    const int pid = fork();
    if (pid < 0) return 2;
    if (pid > 0) continue;
    setsid();
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_IGN);
    for (;;) pause();
  }
  std::puts("scattered");
  return 0;
}

// Groups inside the own one, closed to everybody.
int nest(const char* group) {
  char path[512];
  std::snprintf(path, sizeof path, "%s/inner", group);
  if (mkdir(path, 0755) != 0) return 2;
  std::snprintf(path, sizeof path, "%s/inner/deep", group);
  if (mkdir(path, 0755) != 0) return 2;
  std::snprintf(path, sizeof path, "%s/inner", group);
  return chmod(path, 0) == 0 ? 0 : 2;
}

}  // namespace

int run_act(int argc, char** argv) {
  const std::string_view act = argc > 2 ? argv[2] : "";
  const auto number = [&](int index) { return argc > index ? std::strtol(argv[index], nullptr, 10) : 0; };
  if (act == "touch") return touch(static_cast<std::size_t>(number(3)));
  if (act == "touch-in-child") return touch_in_child(static_cast<std::size_t>(number(3)));
  if (act == "memfd") return fill_memfd(static_cast<std::size_t>(number(3)));
  if (act == "bomb") return bomb();
  if (act == "drop-bomb") return drop_bomb();
  if (act == "burn") return burn(number(3)), 0;
  if (act == "burn-orphans") return burn_in_orphans(static_cast<int>(number(3)), number(4));
  if (act == "scatter") return scatter(static_cast<int>(number(3)));
  if (act == "nest") return nest(argv[3]);
  std::fprintf(stderr, "no act '%s'\n", argc > 2 ? argv[2] : "");
  return 64;
}

}  // namespace rh::vm
