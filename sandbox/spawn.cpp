// The exit signal of the child is 0, so that neither the runner's SIGCHLD handling nor a wait for
// any child elsewhere in the runner ever meets it; this owner waits by pidfd.
#include "sandbox/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/child.h"
#include "sandbox/signals.h"
#include "sandbox/syscalls.h"

namespace rh::sandbox {
namespace {

constexpr int kLastWordMilliseconds = 2000;

Result<std::pair<UniqueFd, UniqueFd>> make_pipe(int flags) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | flags) != 0) return fail_errno("make pipe", "pipe2");
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<int> descriptors_of(const ChildPlan& plan) {
  std::vector<int> fds{plan.status_fd, plan.command_fd,  plan.stdin_fd, plan.stdout_fd,
                       plan.stderr_fd, plan.landlock_fd, plan.layer_fd};
  fds.insert(fds.end(), plan.cgroup_tasks.begin(), plan.cgroup_tasks.end());
  for (const Grab& grab : plan.grabs) fds.push_back(grab.fd);
  std::erase_if(fds, [](int fd) { return fd < 0; });
  std::sort(fds.begin(), fds.end());
  fds.erase(std::unique(fds.begin(), fds.end()), fds.end());
  return fds;
}

}  // namespace

InitProcess& InitProcess::operator=(InitProcess&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = other.pid_;
  pidfd_ = std::move(other.pidfd_);
  status_ = std::move(other.status_);
  command_ = std::move(other.command_);
  held_ = std::move(other.held_);
  return *this;
}

void InitProcess::end() {
  if (!pidfd_) return;
  // Without a pid namespace only init itself can still find the whole tree; the end of the command
  // pipe tells it to.
  command_.reset();
  if (wait(kLastWordMilliseconds)) return;
  kill();
  wait(-1);
}

void InitProcess::command(InitCommand what) const {
  const char byte = static_cast<char>(what);
  // EPIPE would mean that init is gone, which its pidfd says too; SIGPIPE must not reach the runner.
  const AllSignalsBlocked blocked;
  if (write(command_.get(), &byte, 1) < 0 && errno == EPIPE) {
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    const timespec now{};
    sigtimedwait(&pipe_signal, nullptr, &now);
  }
}

void InitProcess::kill() const { sys::pidfd_send_signal(pidfd_.get(), SIGKILL); }

std::optional<InitMessage> InitProcess::next_message() {
  if (!held_.empty()) {
    const InitMessage first = held_.front();
    held_.erase(held_.begin());
    return first;
  }
  InitMessage message;
  if (read(status_.get(), &message, sizeof message) != sizeof message) return std::nullopt;
  return message;
}

bool InitProcess::wait(int milliseconds) {
  if (!pidfd_) return true;
  pollfd event{pidfd_.get(), POLLIN, 0};
  int ready = 0;
  do ready = poll(&event, 1, milliseconds);
  while (ready < 0 && errno == EINTR);
  if (ready <= 0) return false;
  siginfo_t info;
  waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | __WALL);
  pidfd_.reset();
  return true;
}

Result<InitProcess> spawn(ChildPlan& plan, const SpawnOptions& options) {
  RH_TRY(auto status, make_pipe(O_NONBLOCK));
  RH_TRY(auto command, make_pipe(0));
  plan.status_fd = status.second.get();
  plan.command_fd = command.first.get();
  const bool own_ids = (options.clone_flags & CLONE_NEWUSER) != 0;
  plan.await_maps = own_ids || options.held;
  plan.mapped_root = own_ids && options.identity.mapped_root;
  plan.kept_fds = descriptors_of(plan);

  InitProcess child;
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = options.clone_flags | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  if (options.cgroup.valid()) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(options.cgroup.fd);
  }
  long pid = 0;
  {
    const AllSignalsBlocked blocked;
    pid = sys::clone3(arguments);
    if (pid == 0) run_child(plan);
  }
  if (pid < 0) return fail_errno("start a process", "clone3");
  child.pid_ = static_cast<int>(pid);
  child.pidfd_ = UniqueFd(pidfd);
  child.status_ = std::move(status.first);
  child.command_ = std::move(command.second);
  if (own_ids) RH_CHECK(write_maps(child.pid_, options.identity));
  if (options.held) options.held(child.pid_);
  if (plan.await_maps) child.command(InitCommand::go);
  return child;
}

}  // namespace rh::sandbox
