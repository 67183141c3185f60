// Group B: processes that would outlive the run, and signals that would leave it.
#include <signal.h>
#include <unistd.h>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// daemon SECONDS: a double fork with a session of its own; the main process ends at once.
int daemon_and_exit(Arguments arguments) {
  int ready[2];
  if (pipe(ready) != 0) broken("pipe");
  const pid_t middle = fork();
  if (middle < 0) broken("fork");
  if (middle == 0) {
    setsid();
    if (fork() == 0) {
      (void)!write(ready[1], "x", 1);
      sleep(static_cast<unsigned>(number(arguments[0])));
    }
    _exit(0);
  }
  char byte = 0;
  Acts acts;
  acts.note("daemon", "", read(ready[0], &byte, 1) == 1);
  return acts.exit_code();
}

// kill SIGNAL PID…
int kill_processes(Arguments arguments) {
  Acts acts;
  for (const char* pid : arguments.subspan(1))
    acts.note("kill", pid, kill(static_cast<pid_t>(number(pid)), static_cast<int>(number(arguments[0]))));
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"daemon", "SECONDS", 1, daemon_and_exit},
    {"kill", "SIGNAL PID...", 2, kill_processes},
};

}  // namespace

std::span<const Probe> process_probes() { return kProbes; }

}  // namespace rh::probe
