// Group D: output that floods, deceives or reaches a terminal.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

int create(const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) broken("open");
  return fd;
}

// flood FD BYTES [lines]: as fast as they go, in one line, or in lines of 64 bytes.
int flood(Arguments arguments) {
  const int fd = static_cast<int>(number(arguments[0]));
  auto left = static_cast<std::size_t>(number(arguments[1]));
  std::string block(1U << 16, 'f');
  for (std::size_t at = 63; arguments.size() > 2 && at < block.size(); at += 64) block[at] = '\n';
  while (left > 0) {
    const std::size_t size = std::min(left, block.size());
    if (!write_all(fd, std::string_view(block).substr(0, size))) return errno;
    left -= size;
  }
  return 0;
}

// take_turns COUNT: so many numbered lines of 1 KiB, the odd ones to stdout, the even ones to stderr.
int take_turns(Arguments arguments) {
  for (std::int64_t i = 1; i <= number(arguments[0]); ++i) {
    std::string line = std::to_string(i);
    line.resize(1023, ' ');
    if (!write_all(i % 2 == 1 ? STDOUT_FILENO : STDERR_FILENO, line + '\n')) return errno;
  }
  return 0;
}

// terminal [PATH]: opens /dev/tty, or another device of a terminal, and writes to it.
int terminal(Arguments arguments) {
  const char* path = arguments.empty() ? "/dev/tty" : arguments[0];
  Acts acts;
  const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (acts.note("open", path, fd)) acts.note("write", path, static_cast<long>(write(fd, "typed", 5)));
  return acts.exit_code();
}

// type_into FD…: puts letters into the input of the terminal, also by requests with high bits set.
int type_into(Arguments arguments) {
  Acts acts;
  char letter = 'Q';
  char paste[] = {3};  // TIOCL_PASTESEL
  constexpr unsigned long kHighBits = 1UL << 32;
  for (const char* name : arguments) {
    const long fd = number(name);
    const std::string subject(name);
    acts.note("TIOCSTI", subject, syscall(SYS_ioctl, fd, TIOCSTI, &letter));
    acts.note("TIOCSTI high", subject, syscall(SYS_ioctl, fd, TIOCSTI | kHighBits, &letter));
    Acts others;  // refused by every terminal that is no console: nothing that a control could do
    others.note("TIOCLINUX", subject, syscall(SYS_ioctl, fd, TIOCLINUX, paste));
    others.note("TIOCLINUX high", subject, syscall(SYS_ioctl, fd, TIOCLINUX | kHighBits, paste));
  }
  return acts.exit_code();
}

// close_output FILE: goes on without stdout and stderr in another program, which ends with 7.
int close_output(Arguments arguments) {
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  char self[] = "/proc/self/exe", name[] = "work_on";
  char* argv[] = {self, name, arguments[0], nullptr};
  execv(self, argv);
  return errno;
}

int work_on(Arguments arguments) {
  usleep(150'000);
  return write_all(create(arguments[0]), "done\n") ? 7 : errno;
}

// flags FD…: makes the descriptions non-blocking and asynchronous.
int flags(Arguments arguments) {
  Acts acts;
  for (const char* name : arguments) {
    const int fd = static_cast<int>(number(name));
    const int before = fcntl(fd, F_GETFL);
    acts.note_error("flags", name,
                    before < 0 || fcntl(fd, F_SETFL, before | O_NONBLOCK | O_ASYNC | O_APPEND) != 0 ? errno : 0);
  }
  return acts.exit_code();
}

constexpr std::string_view kPassed =
    "<testsuite name=\"s\" tests=\"2\"><testcase classname=\"c\" name=\"one\"/>"
    "<testcase classname=\"c\" name=\"two\"/></testsuite>";

// forge FILE CODE: a result file in which everything passes, and then that exit code.
int forge(Arguments arguments) {
  write_all(create(arguments[0]), kPassed);
  return static_cast<int>(number(arguments[1]));
}

// forge_later FILE: writes the results, ends, and leaves a daemon that replaces them over and over.
int forge_later(Arguments arguments) {
  write_all(create(arguments[0]), kPassed);
  int ready[2];
  if (pipe(ready) != 0) broken("pipe");
  if (fork() == 0) {
    setsid();
    const std::string next = std::string(arguments[0]) + ".next";
    for (int i = 0;; ++i) {
      const std::string text =
          "<testsuite><testcase classname=\"c\" name=\"forged " + std::to_string(i) + "\"/></testsuite>";
      const int fd = create(next.c_str());
      write_all(fd, text);
      close(fd);
      rename(next.c_str(), arguments[0]);
      if (i == 0) (void)!write(ready[1], "x", 1);
      usleep(1000);
    }
  }
  char byte = 0;
  return read(ready[0], &byte, 1) == 1 ? 0 : 1;
}

// hostile [FILE]: text that breaks what quotes it badly, as output and as the message of a failed test.
int hostile(Arguments arguments) {
  const std::string text =
      std::string("</script><script>alert('HOSTILE')</script>]]> &amp; <b>\x1b[2J\x1b]0;title\a\b\r") +
      "\xff\xfe\xc3\x28 \xef\xbf\xbe \xef\xbf\xbf \xed\xa0\x80 \x01\x02\x1f \x7f\xc2\x85\xe2\x80\xa8" + '\0' +
      "\"';--\\u0000\n";
  write_all(STDOUT_FILENO, text);
  write_all(STDERR_FILENO, text);
  if (arguments.empty()) return 0;
  const std::string file =
      "<testsuite name=\"s\"><testcase classname=\"c\" name=\"&lt;/script&gt;&lt;script&gt;alert('HOSTILE')\">"
      "<failure message=\"]]&gt;&#27;[2J\">" +
      text + "</failure></testcase></testsuite>";
  return write_all(create(arguments[0]), file) ? 1 : errno;
}

void write_entities(int fd) {
  std::string text = "<?xml version=\"1.0\"?><!DOCTYPE t [<!ENTITY a0 \"lollollollollollollollollollol\">";
  for (int i = 1; i < 10; ++i) {
    text += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) text += "&a" + std::to_string(i - 1) + ";";
    text += "\">";
  }
  text +=
      "]><testsuite name=\"s\"><testcase classname=\"c\" name=\"&a9;\"><failure "
      "message=\"&a9;\">&a9;</failure></testcase></testsuite>";
  write_all(fd, text);
}

void write_attribute(int fd) {
  write_all(fd, "<testsuite name=\"s\"><testcase classname=\"c\" name=\"");
  const std::string block(1'000'000, 'n');
  for (int i = 0; i < 100; ++i) write_all(fd, block);
  write_all(fd, "\"/></testsuite>");
}

void write_levels(int fd) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<testsuite name=\"s\">";
  text += "<testcase classname=\"c\" name=\"deep\"/>";
  for (int i = 0; i < 100'000; ++i) text += "</testsuite>";
  write_all(fd, text);
}

// bomb entities|attribute|levels FILE: JUnit that is small or plain to write and large to read.
int bomb(Arguments arguments) {
  const int fd = create(arguments[1]);
  const std::string_view kind = arguments[0];
  (kind == "entities" ? write_entities : kind == "attribute" ? write_attribute : write_levels)(fd);
  return 0;
}

// measure PROGRAM [ARGUMENT]…: runs it, says what it and those that it waited for held at most, in KiB.
int measure(Arguments arguments) {
  std::vector<char*> argv(arguments.begin(), arguments.end());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) broken("wait4");
  say("peak", usage.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kBroken;
}

constexpr Probe kProbes[] = {
    {"flood", "FD BYTES [lines]", 2, flood},
    {"take_turns", "COUNT", 1, take_turns},
    {"terminal", "[PATH]", 0, terminal},
    {"type_into", "FD...", 1, type_into},
    {"close_output", "FILE", 1, close_output},
    {"work_on", "FILE", 1, work_on},
    {"flags", "FD...", 1, flags},
    {"forge", "FILE CODE", 2, forge},
    {"forge_later", "FILE", 1, forge_later},
    {"hostile", "[FILE]", 0, hostile},
    {"bomb", "entities|attribute|levels FILE", 2, bomb},
    {"measure", "PROGRAM ARGUMENT...", 1, measure},
};

}  // namespace

std::span<const Probe> output_probes() { return kProbes; }

}  // namespace rh::probe
