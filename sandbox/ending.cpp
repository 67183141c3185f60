// The order of the checks is the rule: see decide_ending.
#include "sandbox/ending.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

namespace rh::sandbox {

using model::Ending;

// First the runner's own decision, then the kernel's counters, then the plain status. An exit code
// is never read as a signal or a limit: a program may exit with 137.
EndingVerdict decide_ending(const EndingFacts& facts) {
  if (facts.stopped_for) return {*facts.stopped_for, facts.stop_detail};
  const model::WaitStatus& status = facts.status;
  const bool failed = status.signal || status.exit_code.value_or(0) != 0;
  // Without any status init itself was killed, which is in the same control group.
  const bool main_killed = status.signal == SIGKILL || (!status.signal && !status.exit_code);
  if (main_killed && facts.oom_kills.value_or(0) > 0)
    return {Ending::memory, fmt::format("{}: oom_kill {}", facts.memory_source, *facts.oom_kills)};
  if (status.signal == SIGXFSZ && facts.file_size_limited) return {Ending::file_size, "RLIMIT_FSIZE: SIGXFSZ"};
  std::string note;
  if (facts.pids_refused.value_or(0) > 0) {
    note = fmt::format("{}: {} new processes refused", facts.pids_source, *facts.pids_refused);
    if (failed) return {Ending::pids, note};
  }
  if (failed && facts.pids_at_limit)
    return {Ending::pids, fmt::format("RLIMIT_NPROC: {} processes and threads, the limit", *facts.pids_at_limit)};
  if (facts.oom_kills.value_or(0) > 0)
    note += fmt::format("{}{}: oom_kill {} below the main process", note.empty() ? "" : "; ", facts.memory_source,
                        *facts.oom_kills);
  if (status.signal) return {Ending::signaled, note};
  if (status.exit_code) return {Ending::exited, note};
  return {Ending::internal, "the command's end was not seen"};
}

model::WaitStatus read_wait_status(int status) {
  model::WaitStatus out;
  if (WIFEXITED(status)) out.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) {
    out.signal = WTERMSIG(status);
    out.core_dumped = WCOREDUMP(status);
  }
  return out;
}

}  // namespace rh::sandbox
