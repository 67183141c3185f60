// Resident size is cheap but counts a shared page once for each process. So it only says when to look
// closer: what decides is each process' proportional share, swap and page tables.
#include "sandbox/watchdog.h"

#include <fmt/format.h>

#include <algorithm>

namespace rh::sandbox {
namespace {

constexpr Nanoseconds kFarInterval = std::chrono::milliseconds(20);
constexpr Nanoseconds kNearInterval = std::chrono::milliseconds(5);

}  // namespace

std::optional<WatchdogAlarm> Watchdog::look(Nanoseconds now) {
  if (!needed() || now < next_) return std::nullopt;
  const std::vector<int> pids = tree_.descendants(root_);
  std::uint64_t resident = 0;
  for (int pid : pids) resident += tree_.resident_bytes(pid);
  const std::uint64_t threads = limits_.pids ? count_threads(pids) : 0;
  peak_bytes_ = std::max(peak_bytes_, resident);
  peak_threads_ = std::max(peak_threads_, threads);
  const bool near_memory = limits_.memory_bytes && resident > *limits_.memory_bytes / 2;
  const bool near_pids = limits_.pids && threads > *limits_.pids / 2;
  next_ = now + (near_memory || near_pids ? kNearInterval : kFarInterval);
  if (limits_.pids && threads > *limits_.pids)
    return WatchdogAlarm{model::Ending::pids, fmt::format("watchdog: {} processes and threads over the limit of {}",
                                                          threads, *limits_.pids)};
  return judge_memory(pids, resident);
}

std::uint64_t Watchdog::count_threads(const std::vector<int>& pids) const {
  std::uint64_t threads = 0;
  for (int pid : pids) threads += std::max<std::uint64_t>(tree_.threads(pid), 1);
  return threads;
}

void Watchdog::count_last_threads() {
  if (!limits_.pids) return;
  // The command itself is gone already, but was there when its last child was refused.
  peak_threads_ = std::max(peak_threads_, count_threads(tree_.descendants(root_)) + 1);
}

std::optional<WatchdogAlarm> Watchdog::judge_memory(const std::vector<int>& pids, std::uint64_t resident) {
  if (!limits_.memory_bytes) return std::nullopt;
  // Page tables can be large where nothing is resident, so a quarter of the limit is looked at closely.
  if (resident < *limits_.memory_bytes / 4 * 3) return std::nullopt;
  std::uint64_t charged = 0;
  for (int pid : pids) charged += tree_.charged_bytes(pid);
  if (charged <= *limits_.memory_bytes) return std::nullopt;
  return WatchdogAlarm{model::Ending::memory,
                       fmt::format("watchdog: {} bytes over the limit of {}", charged, *limits_.memory_bytes)};
}

}  // namespace rh::sandbox
