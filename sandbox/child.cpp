// From clone3 to the fork of the command: every namespace is filled, every privilege dropped, in the
// one order that works. Only async-signal-safe calls on the prepared plan.
#include "sandbox/child.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
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

struct CommandStart {
  const ChildPlan& plan;
  InitMessage report;  // of the kind `started` unless a step failed
};

int command_entry(void* argument) {
  auto* start = static_cast<CommandStart*>(argument);
  run_command(start->plan, start->report);
}

// The command's process borrows init's memory until its exec, so nothing is copied; init waits so long.
void start_command(const ChildPlan& plan) {
  constexpr std::size_t kStackBytes = 64 * 1024;
  alignas(64) static char stack[kStackBytes];
  CommandStart start{plan, {}};
  start.report.kind = InitMessage::started;
  const int pid = clone(command_entry, stack + kStackBytes, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
  if (pid < 0) give_up(plan, Stage::fork, errno);
  close(plan.stdin_fd);
  close(plan.stdout_fd);
  close(plan.stderr_fd);
  if (plan.landlock_fd >= 0) close(plan.landlock_fd);
  start.report.pid = pid;
  tell(plan, start.report);
  if (start.report.kind == InitMessage::failed) _exit(1);
  run_init(plan, pid);
}

}  // namespace

void tell(const ChildPlan& plan, const InitMessage& message) {
  // A runner that is gone cannot be told; SIGPIPE is blocked here.
  [[maybe_unused]] const ssize_t ignored = write(plan.status_fd, &message, sizeof message);
}

void await(const ChildPlan& plan, InitCommand what) {
  char byte = 0;
  ssize_t count = 0;
  do count = read(plan.command_fd, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1 || byte != static_cast<char>(what)) _exit(1);  // the runner is gone, or wants no run any more
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
  NetworkMaking network;
  if (plan.own_network) start_network(plan, network);
  if (plan.own_mounts) build_mount_tree(plan);
  if (plan.layer_fd >= 0) close(plan.layer_fd);
  if (plan.own_network) join_network(plan, network);
  if (plan.drop_privileges) drop_privileges(plan);
  if (plan.probe_only) {
    InitMessage message;
    message.kind = InitMessage::ready;
    tell(plan, message);
    _exit(0);
  }
  start_command(plan);
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
    case Stage::network_namespace:
      return "make a network namespace";
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
