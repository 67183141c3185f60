#include "runner/agent/project/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runner/base/clock.h"

namespace rh::agent {
namespace {

constexpr std::size_t kMaxLine = 4096;
// Somebody that outlived the child may hold its pipes.
constexpr auto kDrain = std::chrono::milliseconds(200);

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe", "pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: only what is safe after a fork of one thread of many.
[[noreturn]] void become(const char* cwd, char* const* argv, char* const* env, int out, int error, int failed,
                         pid_t parent) {
  const int null = ::open("/dev/null", O_RDONLY);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() == parent && null >= 0 && ::dup2(null, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(error, 2) == 2 &&
      ::chdir(cwd) == 0)
    ::execve(argv[0], argv, env);
  const int problem = errno;
  (void)!::write(failed, &problem, sizeof problem);
  ::_exit(127);
}

// One process, from its start to its end; it does not outlive this.
class Child {
 public:
  ~Child() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  Result<void> start(const ChildSpec& spec) {
    RH_TRY(Pipe out, make_pipe());
    RH_TRY(Pipe error, make_pipe());
    RH_TRY(Pipe failed, make_pipe());
    std::vector<std::string> argv = spec.argv, env;
    for (const auto& [name, value] : spec.environment) env.push_back(name + "=" + value);
    const auto argv_pointers = pointers_to(argv), env_pointers = pointers_to(env);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) return fail_errno("start a process", spec.argv.front());
    if (pid_ == 0)
      become(spec.cwd.c_str(), argv_pointers.data(), env_pointers.data(), out.write.get(), error.write.get(),
             failed.write.get(), parent);
    failed.write.reset();
    int problem = 0;
    if (::read(failed.read.get(), &problem, sizeof problem) == sizeof problem)
      return fail_errno("start the command", spec.argv.front(), problem);
    output = std::move(out.read);
    errors = std::move(error.read);
    ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(errors.get(), F_SETFL, O_NONBLOCK);
    ended = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!ended) return fail_errno("watch the command", spec.argv.front());
    return {};
  }

  void terminate() const { ::kill(pid_, SIGTERM); }
  void kill() const { ::kill(-pid_, SIGKILL); }

  void reap(ChildEnd& end) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  }

  UniqueFd output, errors, ended;

 private:
  pid_t pid_ = -1;
};

class Supervision {
 public:
  Supervision(const ChildSpec& spec, const ChildHooks& hooks, Child& child)
      : spec_(spec), hooks_(hooks), child_(child), started_(monotonic_now()) {}

  ChildEnd run() {
    while (true) {
      std::array<pollfd, 4> wanted{{{child_.output.get(), POLLIN, 0},
                                    {child_.errors.get(), POLLIN, 0},
                                    {child_.ended.get(), POLLIN, 0},
                                    {asked_ ? -1 : hooks_.cancel.fd, POLLIN, 0}}};
      if (::poll(wanted.data(), wanted.size(), wait_ms()) < 0 && errno != EINTR) break;
      take(child_.output, [&](std::string_view bytes) { keep_output(bytes); });
      take(child_.errors, [&](std::string_view bytes) { keep_errors(bytes); });
      if ((wanted[2].revents & POLLIN) != 0) break;
      if ((wanted[3].revents & POLLIN) != 0) ask(end_.cancelled);
      watch_time();
    }
    drain();
    child_.kill();
    child_.reap(end_);
    if (!line_.empty() && hooks_.on_error_line) hooks_.on_error_line(line_);
    return std::move(end_);
  }

 private:
  template <class Keep>
  void take(UniqueFd& fd, Keep keep) {
    if (!fd) return;
    std::array<char, 65536> buffer;
    while (true) {
      const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
      if (count > 0) {
        keep(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        continue;
      }
      if (count == 0) fd.reset();
      if (count < 0 && errno == EINTR) continue;
      return;
    }
  }

  void keep_output(std::string_view bytes) {
    const std::size_t room = spec_.max_output - std::min<std::size_t>(spec_.max_output, end_.output.size());
    if (bytes.size() > room) end_.output_truncated = true;
    end_.output += bytes.substr(0, room);
  }

  void keep_errors(std::string_view bytes) {
    end_.errors += bytes;
    if (end_.errors.size() > 2 * kMaxChildErrors) end_.errors.erase(0, end_.errors.size() - kMaxChildErrors);
    for (const char c : bytes) {
      if (c != '\n') {
        if (line_.size() < kMaxLine) line_ += c;
        continue;
      }
      if (hooks_.on_error_line) hooks_.on_error_line(line_);
      line_.clear();
    }
  }

  void ask(bool& why) {
    why = true;
    asked_ = monotonic_now();
    child_.terminate();
  }

  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const {
    if (asked_) return killed_ ? std::nullopt : std::optional(*asked_ + spec_.grace);
    if (spec_.timeout) return started_ + *spec_.timeout;
    return std::nullopt;
  }

  [[nodiscard]] int wait_ms() const {
    const auto deadline = next_deadline();
    if (!deadline) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - monotonic_now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  void watch_time() {
    const auto deadline = next_deadline();
    if (!deadline || monotonic_now() < *deadline) return;
    if (!asked_) return ask(end_.timed_out);
    killed_ = true;
    child_.kill();
  }

  // What the child wrote before it ended is still in the pipes.
  void drain() {
    const Nanoseconds until = monotonic_now() + kDrain;
    while ((child_.output || child_.errors) && monotonic_now() < until) {
      std::array<pollfd, 2> wanted{{{child_.output.get(), POLLIN, 0}, {child_.errors.get(), POLLIN, 0}}};
      if (::poll(wanted.data(), wanted.size(), static_cast<int>(kDrain.count())) <= 0) return;
      take(child_.output, [&](std::string_view bytes) { keep_output(bytes); });
      take(child_.errors, [&](std::string_view bytes) { keep_errors(bytes); });
    }
  }

  const ChildSpec& spec_;
  const ChildHooks& hooks_;
  Child& child_;
  Nanoseconds started_;
  std::optional<Nanoseconds> asked_;
  bool killed_ = false;
  std::string line_;
  ChildEnd end_;
};

}  // namespace

Result<ChildEnd> run_child(const ChildSpec& spec, const ChildHooks& hooks) {
  Child child;
  RH_CHECK(child.start(spec));
  return Supervision(spec, hooks, child).run();
}

}  // namespace rh::agent
