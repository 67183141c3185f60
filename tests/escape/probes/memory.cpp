// Group C: more memory than was given, also where it does not show in any process.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

constexpr std::size_t kPage = 4096, kBlock = 1U << 20;

char* map(std::size_t bytes, int flags) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) broken("mmap");
  return static_cast<char*>(memory);
}

void write_pages(char* memory, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kPage) static_cast<volatile char*>(memory)[at] = 1;
}

// Counts the processes that have come so far; each waits until all have.
class Meeting {
 public:
  Meeting() : here_(new (map(kPage, MAP_SHARED)) std::atomic<int>(0)) {}
  void arrive() { ++*here_; }
  [[nodiscard]] bool complete(std::int64_t count) const { return *here_ >= count; }

 private:
  std::atomic<int>* here_;
};

// touch BYTES [free|lock]: private memory of one process, every page of it written. `free`: offered to
// the kernel and taken back, block by block. `lock`: as much of it as may be kept from being swapped.
int touch(Arguments arguments) {
  const auto bytes = static_cast<std::size_t>(number(arguments[0]));
  const std::string_view how = arguments.size() > 1 ? arguments[1] : "";
  char* memory = map(bytes, MAP_PRIVATE);
  bool lockable = how == "lock";
  for (std::size_t at = 0; at < bytes; at += kBlock) {
    const std::size_t size = std::min(kBlock, bytes - at);
    lockable = lockable && mlock(memory + at, size) == 0;
    write_pages(memory + at, size);
    if (how != "free") continue;
    madvise(memory + at, size, MADV_FREE);
    write_pages(memory + at, size);
  }
  Acts acts;
  acts.note_error("touch", arguments[0], 0);
  return acts.exit_code();
}

// spike BYTES MILLISECONDS: holds so much for so long, then next to nothing for a while.
int spike(Arguments arguments) {
  const auto bytes = static_cast<std::size_t>(number(arguments[0]));
  char* memory = map(bytes, MAP_PRIVATE);
  write_pages(memory, bytes);
  usleep(static_cast<useconds_t>(number(arguments[1]) * 1000));
  munmap(memory, bytes);
  usleep(100'000);
  return 0;
}

// family COUNT BYTES: each of the children touches so much, and none ends before all have.
int family(Arguments arguments) {
  const std::int64_t count = number(arguments[0]);
  const auto bytes = static_cast<std::size_t>(number(arguments[1]));
  Meeting meeting;
  for (std::int64_t i = 0; i < count; ++i) {
    if (fork() != 0) continue;
    write_pages(map(bytes, MAP_PRIVATE), bytes);
    meeting.arrive();
    while (!meeting.complete(count)) usleep(1000);
    _exit(0);
  }
  bool all_well = true;
  for (int status = 0; wait(&status) > 0;) all_well = all_well && WIFEXITED(status);
  Acts acts;
  acts.note_error("family", "", all_well ? 0 : ENOMEM);
  return acts.exit_code();
}

// share COUNT BYTES: one mapping that all children read, and none ends before all have.
int share(Arguments arguments) {
  const std::int64_t count = number(arguments[0]);
  const auto bytes = static_cast<std::size_t>(number(arguments[1]));
  char* memory = map(bytes, MAP_SHARED);
  write_pages(memory, bytes);
  Meeting meeting;
  for (std::int64_t i = 0; i < count; ++i) {
    if (fork() != 0) continue;
    char sum = 0;
    for (std::size_t at = 0; at < bytes; at += kPage) sum = static_cast<char>(sum + memory[at]);
    meeting.arrive();
    while (!meeting.complete(count)) usleep(1000);
    _exit(sum == static_cast<char>(bytes / kPage) ? 0 : 1);
  }
  bool all_well = true;
  for (int status = 0; wait(&status) > 0;) all_well = all_well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  Acts acts;
  acts.note_error("share", "", all_well ? 0 : ENOMEM);
  return acts.exit_code();
}

// hoard PATH|memfd BYTES MILLISECONDS: a file in memory that no process maps, kept for so long.
int hoard(Arguments arguments) {
  const bool unnamed = std::strcmp(arguments[0], "memfd") == 0;
  const int fd =
      unnamed ? memfd_create("hoard", MFD_CLOEXEC) : open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) broken("open");
  const std::vector<char> block(kBlock, 'h');
  Acts acts;
  for (std::int64_t left = number(arguments[1]); left > 0; left -= static_cast<std::int64_t>(kBlock))
    if (write(fd, block.data(), block.size()) < 0) return acts.note("hoard", arguments[0], false), acts.exit_code();
  usleep(static_cast<useconds_t>(number(arguments[2]) * 1000));
  acts.note_error("hoard", arguments[0], 0);
  return acts.exit_code();
}

// segment BYTES: System V shared memory, written and left behind.
int segment(Arguments arguments) {
  const auto bytes = static_cast<std::size_t>(number(arguments[0]));
  const int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  Acts acts;
  void* memory = id < 0 ? MAP_FAILED : shmat(id, nullptr, 0);
  if (!acts.note("segment", "", memory != MAP_FAILED)) return acts.exit_code();
  write_pages(static_cast<char*>(memory), bytes);
  shmdt(memory);
  say("id", id);
  return acts.exit_code();
}

// queues NAME: message queues NAME0, NAME1… as many as there may be, all full, and left behind.
int queues(Arguments arguments) {
  Acts acts;
  std::int64_t made = 0;
  for (;; ++made) {
    const std::string name = arguments[0] + std::to_string(made);
    const mqd_t queue = mq_open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK, 0600, nullptr);
    if (queue < 0) break;
    const std::vector<char> message(8192, 'm');
    while (mq_send(queue, message.data(), message.size(), 0) == 0) {
    }
  }
  acts.note("next queue", "", false);
  say("made", made);
  return made > 0 ? 0 : acts.exit_code();
}

// read_through FILE: once from its begin to its end.
int read_through(Arguments arguments) {
  const int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);
  if (fd < 0) broken("open");
  std::vector<char> block(kBlock);
  std::int64_t total = 0;
  for (ssize_t count = 0; (count = read(fd, block.data(), block.size())) > 0;) total += count;
  say("read", total);
  return 0;
}

// victim_child BYTES: a child touches so much; whatever becomes of it, the main process is content.
int victim_child(Arguments arguments) {
  const auto bytes = static_cast<std::size_t>(number(arguments[0]));
  const pid_t child = fork();
  if (child == 0) {
    write_pages(map(bytes, MAP_PRIVATE), bytes);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Acts acts;
  acts.note_error("child", "", WIFEXITED(status) ? 0 : ENOMEM);
  say("all", "passed");
  return 0;
}

// reserve BYTES: address space, of which next to nothing is used: what runtimes with a heap do.
int reserve(Arguments arguments) {
  const auto bytes = static_cast<std::size_t>(number(arguments[0]));
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  Acts acts;
  if (acts.note("reserve", "", memory != MAP_FAILED))
    for (std::size_t at = 0; at < bytes; at += bytes / 16) static_cast<volatile char*>(memory)[at] = 1;
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"touch", "BYTES [free|lock]", 1, touch},
    {"spike", "BYTES MILLISECONDS", 2, spike},
    {"family", "COUNT BYTES", 2, family},
    {"share", "COUNT BYTES", 2, share},
    {"hoard", "PATH|memfd BYTES MILLISECONDS", 3, hoard},
    {"segment", "BYTES", 1, segment},
    {"queues", "NAME", 1, queues},
    {"read_through", "FILE", 1, read_through},
    {"victim_child", "BYTES", 1, victim_child},
    {"reserve", "BYTES", 1, reserve},
};

}  // namespace

std::span<const Probe> memory_probes() { return kProbes; }

}  // namespace rh::probe
