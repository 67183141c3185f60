#include "profiles/target.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace rh::profiles {
namespace {

std::atomic<int> forward_to{0};

constexpr std::array kForwarded = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

// The kernel sends a terminal's signals to the whole group, so the target has its own already.
void forward(int signal, siginfo_t* info, void*) {
  const int saved = errno;
  const int pid = forward_to.load();
  if (pid > 0 && info->si_code <= 0) ::kill(pid, signal);
  errno = saved;
}

class Forwarding {
 public:
  explicit Forwarding(int pid) {
    forward_to = pid;
    for (std::size_t i = 0; i < kForwarded.size(); ++i) {
      struct sigaction now {};
      ::sigaction(kForwarded.at(i), nullptr, &earlier_.at(i));
      if (earlier_.at(i).sa_handler == SIG_IGN) continue;
      now.sa_sigaction = forward;
      now.sa_flags = SA_SIGINFO | SA_RESTART;
      ::sigaction(kForwarded.at(i), &now, nullptr);
    }
  }
  Forwarding(const Forwarding&) = delete;
  Forwarding& operator=(const Forwarding&) = delete;
  ~Forwarding() {
    // The signals stay ours: what comes now must not end us before the profile is written.
    forward_to = 0;
  }

 private:
  std::array<struct sigaction, kForwarded.size()> earlier_{};
};

struct ExecText {
  std::vector<char*> argv, env;

  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  }
};

[[noreturn]] void become(const Launch& launch, ExecText& text, int gate, int failure) {
  char go = 0;
  if (::read(gate, &go, 1) != 1) ::_exit(127);  // the runner is gone
  int problem = 0;
  if (::chdir(launch.cwd.c_str()) != 0) problem = errno;
  if (problem == 0) {
    ::execve(launch.executable.c_str(), text.argv.data(), text.env.data());
    problem = errno;
  }
  (void)!::write(failure, &problem, sizeof problem);
  ::_exit(127);
}

Result<std::pair<UniqueFd, UniqueFd>> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe", "pipe2");
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

}  // namespace

Result<Target> Target::start(const Launch& launch) {
  RH_TRY(auto gate, make_pipe());
  RH_TRY(auto failure, make_pipe());
  ExecText text{ExecText::pointers(launch.argv), ExecText::pointers(launch.env)};
  const int pid = ::fork();
  if (pid < 0) return fail_errno("start a process", launch.executable.string());
  if (pid == 0) {
    gate.second.reset();
    become(launch, text, gate.first.get(), failure.second.get());
  }
  return Target(pid, std::move(gate.second), std::move(failure.first));
}

Target::~Target() {
  gate_.reset();  // one that was never released leaves by itself
}

Result<void> Target::release() {
  (void)!::write(gate_.get(), "g", 1);
  gate_.reset();
  int problem = 0;
  ssize_t count = 0;
  do {
    count = ::read(failure_.get(), &problem, sizeof problem);
  } while (count < 0 && errno == EINTR);
  failure_.reset();
  if (count != sizeof problem) return {};
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return fail_errno("start the command", {}, problem);
}

TargetEnd Target::wait() {
  const Forwarding forwarding(pid_);
  TargetEnd end;
  int status = 0;
  while (::wait4(pid_, &status, 0, &end.usage) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) end.status.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) {
    end.status.signal = WTERMSIG(status);
    end.status.core_dumped = WCOREDUMP(status);
  }
  return end;
}

}  // namespace rh::profiles
