// The last steps before exec, in memory that is shared with init, which waits. Landlock and seccomp
// come after what they would refuse; what comes after them is what every command may do as well. Only
// async-signal-safe calls.
#include "sandbox/command_child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cerrno>

#include "sandbox/child.h"
#include "sandbox/syscalls.h"

namespace rh::sandbox {
namespace {

[[noreturn]] void report_and_exit(InitMessage& report, Stage stage, int error, int index = -1) {
  report.kind = InitMessage::failed;
  report.stage = stage;
  report.error = error;
  report.index = index;
  _exit(127);
}

// Ignored signals and the mask survive exec; a test suite must not inherit the runner's.
void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The sources may themselves be 0..2 when the runner was started with closed streams.
bool connect_streams(const ChildPlan& plan) {
  int sources[3] = {plan.stdin_fd, plan.stdout_fd, plan.stderr_fd};
  for (int& source : sources) {
    if (source > 2) continue;
    source = fcntl(source, F_DUPFD_CLOEXEC, 3);
    if (source < 0) return false;
  }
  for (int i = 0; i < 3; ++i)
    if (dup2(sources[i], i) < 0) return false;
  return true;
}

void set_limits(const ChildPlan& plan, InitMessage& report) {
  for (std::size_t i = 0; i < plan.command->limit_count; ++i) {
    const ResourceLimit& limit = plan.command->limits[i];
    if (syscall(SYS_prlimit64, 0, limit.resource, &limit.value, nullptr) != 0)
      report_and_exit(report, Stage::limits, errno, static_cast<int>(i));
  }
}

// As execvp: a missing candidate is passed over, a forbidden one is remembered.
[[noreturn]] void execute(const ChildPlan& plan, InitMessage& report) {
  int error = ENOENT;
  int index = 0;
  const CommandBlock& command = *plan.command;
  for (std::size_t i = 0; command.executables[i] != nullptr; ++i) {
    execve(command.executables[i], const_cast<char* const*>(command.argv), const_cast<char* const*>(command.env));
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    index = static_cast<int>(i);
    if (errno != EACCES) break;
  }
  report_and_exit(report, Stage::execute, error, index);
}

void install_filter(const ChildPlan& plan, InitMessage& report) {
  if (plan.seccomp.empty()) return;
  const sock_fprog program{static_cast<unsigned short>(plan.seccomp.size()),
                           const_cast<sock_filter*>(plan.seccomp.data())};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) report_and_exit(report, Stage::seccomp, errno);
}

// In a sandbox that was made ahead. The runner's end of the pipe goes when it wants no run any more.
void await_order(const ChildPlan& plan) {
  InitMessage message;
  message.kind = InitMessage::ready;
  tell(plan, message);
  await(plan, InitCommand::start);
}

}  // namespace

void run_command(const ChildPlan& plan, InitMessage& report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // without a pid namespace: dies with init
  if (setsid() < 0) report_and_exit(report, Stage::session, errno);
  if (!connect_streams(plan)) report_and_exit(report, Stage::streams, errno);
  sys::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (plan.landlock_fd >= 0 && syscall(SYS_landlock_restrict_self, plan.landlock_fd, 0) != 0)
    report_and_exit(report, Stage::landlock, errno);
  // Programs size their pools of threads by it; what keeps the bandwidth is the control group.
  if (plan.on_some_cpus) sched_setaffinity(0, sizeof plan.cpus, &plan.cpus);
  reset_signals();
  install_filter(plan, report);
  if (plan.parked) await_order(plan);
  set_limits(plan, report);
  if (chdir(plan.command->working_folder) != 0) report_and_exit(report, Stage::working_folder, errno);
  execute(plan, report);
}

}  // namespace rh::sandbox
