// See uncaged.h.
#include "tests/escape/uncaged.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/invariants.h"

namespace rh::escape {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  void take(std::string& into) const {
    char buffer[65536];
    ssize_t count = 0;
    while ((count = read(read_end.get(), buffer, sizeof buffer)) > 0)
      into.append(buffer, static_cast<std::size_t>(count));
  }
  UniqueFd read_end, write_end;
};

pid_t start(const model::Command& command, const Pipe& out, const Pipe& err) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : command.env) texts.push_back(name + "=" + value);
  std::vector<char*> argv, env;
  for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
  for (std::string& text : texts) env.push_back(text.data());
  argv.push_back(nullptr);
  env.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(out.write_end.get(), STDOUT_FILENO);
  dup2(err.write_end.get(), STDERR_FILENO);
  if (chdir(command.cwd.c_str()) == 0) execve(argv[0], argv.data(), env.data());
  _exit(127);
}

}  // namespace

Ran run_uncaged(const model::Command& command, milliseconds deadline) {
  Ran ran;
  const std::set<int> before = descendants();
  Pipe out, err;
  const pid_t child = start(command, out, err);
  if (child < 0) return ran;
  out.write_end.reset();
  err.write_end.reset();
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  const auto end = steady_clock::now() + deadline;
  for (bool ended = false; !ended;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
    pollfd events[]{{pidfd.get(), POLLIN, 0}, {out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}};
    // A pipe that everybody has closed is always ready.
    ended = left.count() <= 0 || poll(events, 3, static_cast<int>(left.count())) <= 0 || events[0].revents != 0;
    out.take(ran.out);
    err.take(ran.err);
  }
  ran.record.ending = steady_clock::now() >= end ? model::Ending::wall_time : model::Ending::exited;
  kill(child, SIGKILL);  // nothing to a process that has ended and waits to be reaped
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) {
    ran.record.status.exit_code = WEXITSTATUS(status);
  } else {
    ran.record.status.signal = WTERMSIG(status);
    if (ran.record.ending == model::Ending::exited) ran.record.ending = model::Ending::signaled;
  }
  ran.survivors = kill_descendants_except(before);
  out.take(ran.out);
  err.take(ran.err);
  return ran;
}

}  // namespace rh::escape
