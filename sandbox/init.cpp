// Init runs from the runner's code without an exec, because an exec of a dynamically linked program
// costs more than the whole set-up. Its copy of the runner's memory is dropped first: nothing of the
// runner is left to read, and samplers see an init of a few hundred KiB.
#include "sandbox/init.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>

#include "sandbox/bare_syscall.h"
#include "sandbox/child.h"

namespace rh::sandbox {
namespace {

// The few facts of the plan that the loop needs, on the stack: the heap is gone by then.
struct Init {
  int status_fd;
  int command_fd;
  int children_fd;  // /proc/thread-self/children, where there is no pid namespace
  int main_pid;
  bool own_pids;
  bool main_gone = false;
};

void send(const Init& init, const InitMessage& message) {
  bare_syscall(SYS_write, init.status_fd, as_word(&message), sizeof message);
}

[[noreturn]] void leave() {
  for (;;) bare_syscall(SYS_exit_group, 0);
}

long bare_poll(pollfd* events, long count, const timespec* timeout) {
  return bare_syscall(SYS_ppoll, as_word(events), count, as_word(timeout), 0, 0);
}

// One range of /proc/self/maps: "7f12-7f34 rw-p 00000000 00:00 0   [heap]".
struct MapsLine {
  std::uintptr_t begin = 0, end = 0;
  bool anonymous_writable = false;
};

const char* parse_hex(const char* at, const char* end, std::uintptr_t& value) {
  for (value = 0; at < end; ++at) {
    const char c = *at;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    value = value * 16 + static_cast<std::uintptr_t>(digit);
  }
  return at;
}

MapsLine parse_maps_line(const char* at, const char* end) {
  MapsLine line;
  at = parse_hex(at, end, line.begin);
  if (at < end) at = parse_hex(at + 1, end, line.end);
  const bool writable = end - at > 3 && at[2] == 'w' && at[4] == 'p';
  int blanks = 0;  // the inode is the fifth field
  for (; at < end && blanks < 4; ++at)
    if (*at == ' ') ++blanks;
  line.anonymous_writable = writable && at < end && *at == '0';
  return line;
}

// A sanitizer keeps its own tables in the memory that would be dropped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// What must stay: the pages of the stack that are in use, and the one of the thread's own block that
// holds the stack protector's value. In a static program that block lies in the heap.
struct Kept {
  std::uintptr_t stack_begin, stack_end, thread_begin, thread_end;
};

constexpr std::uintptr_t kPage = 4096;

Kept kept_pages(const void* lowest, const void* highest) {
  const auto page = [](const void* at) { return reinterpret_cast<std::uintptr_t>(at) & ~(kPage - 1); };
  const std::uintptr_t thread = page(__builtin_thread_pointer());
  return {page(lowest) - 2 * kPage, page(highest) + 2 * kPage, thread, thread + kPage};
}

void drop_range(std::uintptr_t begin, std::uintptr_t end) {
  if (begin < end) bare_syscall(SYS_madvise, static_cast<long>(begin), static_cast<long>(end - begin), MADV_DONTNEED);
}

void drop_mapping(const MapsLine& line, const Kept& kept) {
  std::uintptr_t at = line.begin;
  const bool thread_first = kept.thread_begin < kept.stack_begin;
  const std::uintptr_t begins[2] = {thread_first ? kept.thread_begin : kept.stack_begin,
                                    thread_first ? kept.stack_begin : kept.thread_begin};
  const std::uintptr_t ends[2] = {thread_first ? kept.thread_end : kept.stack_end,
                                  thread_first ? kept.stack_end : kept.thread_end};
  for (int i = 0; i < 2; ++i) {
    if (ends[i] <= at || begins[i] >= line.end) continue;
    drop_range(at, begins[i]);
    at = ends[i];
  }
  drop_range(at, line.end);
}

// Private anonymous pages read as zero afterwards. From here on no libc function is called.
void drop_memory(int maps_fd, const void* highest) {
  char buffer[8192];
  std::size_t held = 0;
  const Kept kept = kept_pages(buffer, highest);
  for (;;) {
    const long count = bare_syscall(SYS_read, maps_fd, as_word(buffer + held), static_cast<long>(sizeof buffer - held));
    if (count <= 0) break;
    held += static_cast<std::size_t>(count);
    std::size_t start = 0;
    for (std::size_t i = 0; i < held; ++i) {
      if (buffer[i] != '\n') continue;
      const MapsLine line = parse_maps_line(buffer + start, buffer + i);
      start = i + 1;
      if (line.anonymous_writable) drop_mapping(line, kept);
    }
    if (start == 0) break;  // a line longer than the buffer does not exist
    for (std::size_t i = start; i < held; ++i) buffer[i - start] = buffer[i];
    held -= start;
  }
  bare_syscall(SYS_close, maps_fd);
}

// Orphans become children of init, so killing children again and again reaches every descendant.
void kill_children(const Init& init, int signal) {
  char buffer[4096];
  int pid = 0;
  if (bare_syscall(SYS_lseek, init.children_fd, 0, SEEK_SET) != 0) return;
  for (;;) {
    const long count = bare_syscall(SYS_read, init.children_fd, as_word(buffer), sizeof buffer);
    if (count <= 0) return;
    for (long i = 0; i < count; ++i) {
      if (buffer[i] >= '0' && buffer[i] <= '9') {
        pid = pid * 10 + (buffer[i] - '0');
      } else {
        if (pid > 1) bare_syscall(SYS_kill, pid, signal);
        pid = 0;
      }
    }
  }
}

void signal_tree(const Init& init, int signal) {
  if (init.own_pids)
    bare_syscall(SYS_kill, -1, signal);
  else
    kill_children(init, signal);
}

// Collects every ended child; true while there is any child left.
bool reap(Init& init) {
  for (;;) {
    int status = 0;
    rusage usage{};
    const long pid = bare_syscall(SYS_wait4, -1, as_word(&status), WNOHANG | __WALL, as_word(&usage));
    if (pid == 0) return true;
    if (pid == -EINTR) continue;
    if (pid < 0) return false;
    if (pid != init.main_pid || init.main_gone) continue;
    init.main_gone = true;
    InitMessage message;
    message.kind = InitMessage::main_exited;
    message.wait_status = status;
    message.usage = usage;
    send(init, message);
  }
}

[[noreturn]] void report_and_leave(const Init& init) {
  InitMessage message;
  message.kind = InitMessage::finished;
  bare_syscall(SYS_getrusage, RUSAGE_CHILDREN, as_word(&message.usage));
  send(init, message);
  leave();
}

[[noreturn]] void finish(Init& init) {
  constexpr timespec kPause{0, 1'000'000};
  for (bool left = true; left;) {
    signal_tree(init, SIGKILL);
    left = reap(init);
    if (left) bare_poll(nullptr, 0, &kPause);
  }
  report_and_leave(init);
}

void obey(Init& init) {
  char byte = 0;
  const long count = bare_syscall(SYS_read, init.command_fd, as_word(&byte), 1);
  if (count == -EINTR) return;
  if (count != 1 || byte == static_cast<char>(InitCommand::finish)) finish(init);
  if (byte == static_cast<char>(InitCommand::halt)) signal_tree(init, SIGSTOP);
  if (byte == static_cast<char>(InitCommand::terminate)) signal_tree(init, SIGTERM);
}

[[noreturn]] void loop(Init& init, int signal_fd) {
  for (;;) {
    pollfd events[2] = {{init.command_fd, POLLIN, 0}, {signal_fd, POLLIN, 0}};
    const long ready = bare_poll(events, 2, nullptr);
    if (ready < 0 && ready != -EINTR) finish(init);
    if (events[1].revents != 0) {
      signalfd_siginfo info;
      bare_syscall(SYS_read, signal_fd, as_word(&info), sizeof info);
    }
    // Every process of the tree is a child by now or will be: when there is none, all is over.
    if (!reap(init) && init.main_gone) report_and_leave(init);
    if (events[0].revents != 0) obey(init);
  }
}

}  // namespace

void run_init(const ChildPlan& plan, int main_pid) {
  Init init{plan.status_fd, plan.command_fd, -1, main_pid, plan.own_pids};
  if (!init.own_pids) init.children_fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  const int signal_fd = signalfd(-1, &watched, SFD_CLOEXEC);
  const int maps_fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (signal_fd < 0) give_up(plan, Stage::fork, errno);
  if (kBareSyscalls && !kSanitized && maps_fd >= 0) drop_memory(maps_fd, &init + 1);
  loop(init, signal_fd);
}

}  // namespace rh::sandbox
