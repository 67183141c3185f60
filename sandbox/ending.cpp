// The order of the checks is the rule: see decide_ending.
#include "sandbox/ending.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

namespace rh::sandbox {

using model::Ending;

namespace {

// What the limit on processes did, in words; empty when it did nothing.
std::string describe_pids(const EndingFacts& facts) {
  if (facts.pids_refused.value_or(0) > 0)
    return fmt::format("{}: {} new processes refused", facts.pids_source, *facts.pids_refused);
  if (facts.pids_at_limit)
    return fmt::format("RLIMIT_NPROC: {} processes and threads, the limit", *facts.pids_at_limit);
  return {};
}

std::string describe_memory(const EndingFacts& facts) {
  return fmt::format("{}: oom_kill {}", facts.memory_source, *facts.oom_kills);
}

// A tree that is full of processes gets nowhere and runs out of time: the first cause is named.
EndingVerdict stopped(const EndingFacts& facts, const std::string& pids) {
  const bool out_of_time = *facts.stopped_for == Ending::wall_time || *facts.stopped_for == Ending::cpu_time;
  if (out_of_time && facts.pids_exhausted && !pids.empty())
    return {Ending::pids, fmt::format("{}, to the end; {}", pids, facts.stop_detail)};
  if (*facts.stopped_for == Ending::memory && facts.oom_kills.value_or(0) > 0)
    return {Ending::memory, describe_memory(facts)};
  return {*facts.stopped_for, facts.stop_detail};
}

}  // namespace

// First the runner's own decision, then the kernel's counters, then the plain status. An exit code
// is never read as a signal or a limit: a program may exit with 137. Memory is different from the
// other limits: the kernel has killed a process, so whatever the command says of itself is not whole.
EndingVerdict decide_ending(const EndingFacts& facts) {
  const std::string pids = describe_pids(facts);
  if (facts.stopped_for) return stopped(facts, pids);
  if (facts.oom_kills.value_or(0) > 0) return {Ending::memory, describe_memory(facts)};
  const model::WaitStatus& status = facts.status;
  if (status.signal == SIGXFSZ && facts.file_size_limited) return {Ending::file_size, "RLIMIT_FSIZE: SIGXFSZ"};
  const bool failed = status.signal || status.exit_code.value_or(0) != 0;
  if (!pids.empty() && (failed || facts.pids_exhausted)) return {Ending::pids, pids};
  const std::string note = facts.pids_refused.value_or(0) > 0 ? pids : "";
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
