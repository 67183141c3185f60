// From clone3 to the fork of the command: every namespace is filled, every privilege dropped, in the
// one order that works. Only async-signal-safe calls on the prepared plan.
#include "sandbox/child.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>

#include "sandbox/command_child.h"
#include "sandbox/init.h"
#include "sandbox/mount_tree.h"
#include "sandbox/network.h"
#include "sandbox/privileges.h"
#include "sandbox/syscalls.h"

namespace rh::sandbox {
namespace {

// Other runs start at the same time: their pipe ends must not live on in this tree.
void close_all_but_kept(const ChildPlan& plan) {
  unsigned next = 3;
  for (int kept : plan.kept_fds) {
    const auto fd = static_cast<unsigned>(kept);
    if (fd > next) sys::close_range(next, fd - 1, 0);
    if (fd >= next) next = fd + 1;
  }
  sys::close_range(next, ~0U, 0);
}

void join_cgroups(const ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.cgroup_tasks.size(); ++i) {
    if (write(plan.cgroup_tasks[i], "0", 1) != 1) give_up(plan, Stage::join_cgroup, errno, static_cast<int>(i));
    close(plan.cgroup_tasks[i]);
  }
}

void await(const ChildPlan& plan, InitCommand what) {
  char byte = 0;
  ssize_t count = 0;
  do count = read(plan.command_fd, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1 || byte != static_cast<char>(what)) _exit(1);  // the runner is gone, or wants no run any more
}

// Until here the process has the runner's own ids, which the namespace does not map.
void take_identity(const ChildPlan& plan) {
  if (sys::drop_groups() != 0 || sys::setresgid(0) != 0 || sys::setresuid(0) != 0)
    give_up(plan, Stage::identity, errno);
}

// Without a pid namespace init must outlive the runner for a moment, to kill the tree: it sees the
// end of the command pipe instead.
void tie_to_runner(const ChildPlan& plan) {
  if (plan.own_pids) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(plan, Stage::death_signal, errno);
  } else if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    give_up(plan, Stage::death_signal, errno);
  }
}

void fork_command(const ChildPlan& plan) {
  int exec_pipe[2];
  if (pipe2(exec_pipe, O_CLOEXEC) != 0) give_up(plan, Stage::fork, errno);
  const int pid = static_cast<int>(sys::plain_fork(SIGCHLD));
  if (pid < 0) give_up(plan, Stage::fork, errno);
  if (pid == 0) run_command(plan, exec_pipe[1]);
  close(exec_pipe[1]);
  close(plan.stdin_fd);
  close(plan.stdout_fd);
  close(plan.stderr_fd);
  if (plan.landlock_fd >= 0) close(plan.landlock_fd);

  InitMessage report;
  ssize_t count = 0;
  do count = read(exec_pipe[0], &report, sizeof report);
  while (count < 0 && errno == EINTR);
  close(exec_pipe[0]);
  if (count == sizeof report) {
    tell(plan, report);
    _exit(1);
  }
  report = InitMessage{};
  report.kind = InitMessage::started;
  report.pid = pid;
  tell(plan, report);
  run_init(plan, pid);
}

}  // namespace

void tell(const ChildPlan& plan, const InitMessage& message) {
  // A runner that is gone cannot be told; SIGPIPE is blocked here.
  [[maybe_unused]] const ssize_t ignored = write(plan.status_fd, &message, sizeof message);
}

void give_up(const ChildPlan& plan, Stage stage, int error, int index) {
  InitMessage message;
  message.kind = InitMessage::failed;
  message.stage = stage;
  message.error = error;
  message.index = index;
  tell(plan, message);
  _exit(1);
}

void run_child(ChildPlan& plan) {
  prctl(PR_SET_NAME, "rh-init");
  close_all_but_kept(plan);
  join_cgroups(plan);
  if (plan.await_maps) await(plan, InitCommand::go);
  if (plan.mapped_root) take_identity(plan);
  // The memory of this process is a copy of the runner's. Set again after every change of ids.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) give_up(plan, Stage::identity, errno);
  tie_to_runner(plan);
  setsid();
  if (!plan.host_name.empty() && sethostname(plan.host_name.data(), plan.host_name.size()) != 0)
    give_up(plan, Stage::host_name, errno);
  if (plan.own_network && !bring_up_loopback()) give_up(plan, Stage::loopback, errno);
  if (plan.own_mounts) build_mount_tree(plan);
  if (plan.layer_fd >= 0) close(plan.layer_fd);
  if (plan.drop_privileges) drop_privileges(plan);
  if (plan.probe_only || plan.parked) {
    InitMessage message;
    message.kind = InitMessage::ready;
    tell(plan, message);
  }
  if (plan.probe_only) _exit(0);
  if (plan.parked) await(plan, InitCommand::start);
  fork_command(plan);
  _exit(1);
}

const char* stage_text(Stage stage) {
  switch (stage) {
    case Stage::none:
      return "start";
    case Stage::close_descriptors:
      return "close inherited descriptors";
    case Stage::join_cgroup:
      return "join control group";
    case Stage::await_maps:
      return "wait for the user namespace's maps";
    case Stage::identity:
      return "take the identity of the user namespace";
    case Stage::death_signal:
      return "tie the tree to the runner";
    case Stage::host_name:
      return "set the host name";
    case Stage::loopback:
      return "bring up the loopback interface";
    case Stage::private_mounts:
      return "make mounts private";
    case Stage::grab:
      return "take a folder of the host";
    case Stage::read_only_root:
      return "make the host's tree read-only";
    case Stage::mount_step:
      return "mount";
    case Stage::capabilities:
      return "drop capabilities";
    case Stage::no_new_privileges:
      return "set no_new_privs";
    case Stage::fork:
      return "fork the command";
    case Stage::session:
      return "start a session";
    case Stage::streams:
      return "connect standard streams";
    case Stage::limits:
      return "set resource limits";
    case Stage::landlock:
      return "enter the Landlock domain";
    case Stage::working_folder:
      return "chdir";
    case Stage::seccomp:
      return "install the system call filter";
    case Stage::execute:
      return "execve";
  }
  return "start";
}

}  // namespace rh::sandbox
