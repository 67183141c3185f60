#include "tests/accuracy/burner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runner/base/file.h"

namespace rh::accuracy {
namespace {

constexpr int kSlots = 512;

std::int64_t own_clock() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

class Ledger {
 public:
  explicit Ledger(const char* file) {
    const int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, kSlots * sizeof(std::int64_t)) != 0) _exit(2);
    void* mapped = mmap(nullptr, kSlots * sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) _exit(2);
    slots_ = static_cast<volatile std::int64_t*>(mapped);
  }
  void write(int slot) const { slots_[slot] = own_clock(); }
  // Until this process' own clock has run so long; the last word is written just before the end.
  void burn(int slot, std::int64_t nanoseconds) const {
    const std::int64_t end = own_clock() + nanoseconds;
    while (own_clock() < end) write(slot);
    write(slot);
  }

 private:
  volatile std::int64_t* slots_ = nullptr;
};

int touch(std::size_t bytes, useconds_t microseconds) {
  auto* memory = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) return 2;
  for (std::size_t i = 0; i < bytes; i += 4096) memory[i] = 1;
  usleep(microseconds);
  munmap(memory, bytes);
  usleep(20'000);
  return 0;
}

}  // namespace

int run_act(int argc, char** argv) {
  if (argc < 6) return 64;
  const std::string_view act = argv[2];
  const int count = std::atoi(argv[4]);
  const std::int64_t nanoseconds = std::atoll(argv[5]) * 1000;
  if (act == "spike") return touch(static_cast<std::size_t>(count) << 20, static_cast<useconds_t>(nanoseconds / 1000));
  const Ledger ledger(argv[3]);
  // Nobody waits: the kernel reaps the children by itself.
  if (act == "ignored") signal(SIGCHLD, SIG_IGN);
  int done[2];
  if (pipe(done) != 0) return 2;
  for (int i = 1; i <= count; ++i) {
    if (fork() != 0) continue;
    // The parent of each is gone before it begins.
    if (act == "orphans" && fork() != 0) _exit(0);
    ledger.burn(i, nanoseconds);
    _exit(0);
  }
  close(done[1]);
  char byte = 0;
  while (read(done[0], &byte, 1) > 0) continue;
  while (wait(nullptr) > 0) continue;
  ledger.write(0);
  return 0;
}

std::chrono::nanoseconds read_ledger(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  std::int64_t total = 0;
  if (!bytes || bytes->size() != kSlots * sizeof total) return {};
  for (int i = 0; i < kSlots; ++i) {
    std::int64_t one = 0;
    bytes->copy(reinterpret_cast<char*>(&one), sizeof one, static_cast<std::size_t>(i) * sizeof one);
    total += one;
  }
  return std::chrono::nanoseconds(total);
}

}  // namespace rh::accuracy
