// Processes are signalled by pidfd, and only while they are still listed after it was opened: a pid
// that has been given to somebody else in between is not in the second list.
#include "sandbox/tree_kill.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "runner/base/unique_fd.h"

namespace rh::sandbox {
namespace {

// A chain of processes that each fork and exit is never caught standing; its init sees to it.
constexpr int kMaxRounds = 10;

// How many got the signal that had not had it before.
std::size_t signal_new(const std::function<std::vector<int>()>& list, int signal, std::set<int>& done) {
  std::map<int, UniqueFd> fresh;
  for (int pid : list())
    if (!done.contains(pid)) fresh.emplace(pid, UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))));
  if (fresh.empty()) return 0;
  const std::vector<int> still = list();
  for (const auto& [pid, fd] : fresh) {
    if (!fd || std::find(still.begin(), still.end(), pid) == still.end()) continue;
    syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0);
    done.insert(pid);
  }
  return fresh.size();
}

}  // namespace

void stop_and_kill(const std::function<std::vector<int>()>& list) {
  std::set<int> stopped, killed;
  for (int round = 0; round < kMaxRounds && signal_new(list, SIGSTOP, stopped) > 0;) ++round;
  for (int round = 0; round < kMaxRounds && signal_new(list, SIGKILL, killed) > 0;) ++round;
}

}  // namespace rh::sandbox
