// A cheap look adds up resident sizes, which counts a shared page once for each process, and how much
// the host's shared memory has grown, which may be somebody else's doing. Both say only that the tree
// cannot be over its limit; what decides is the proportional share of each process and the files that
// the tree really holds.
#include "sandbox/watchdog.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace rh::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds kLongest = milliseconds(20);
constexpr Nanoseconds kShortest = milliseconds(1);
constexpr Nanoseconds kNearPids = milliseconds(5);
// As fast as one core can touch fresh pages.
constexpr std::uint64_t kBytesPerMillisecond = 2'000'000;
// Of the time at most a third is spent looking.
constexpr int kRestPerLook = 2;

std::uint64_t cores() {
  static const auto count = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  return count;
}

}  // namespace

Watchdog::Watchdog(const ProcessTree& tree, int root, WatchdogLimits limits)
    : tree_(tree), root_(root), limits_(std::move(limits)) {
  if (limits_.memory_bytes) hidden_.emplace(tree_, limits_.granted);
}

std::optional<WatchdogAlarm> Watchdog::look(Nanoseconds now) {
  if (!needed() || now < next_) return std::nullopt;
  const Nanoseconds begin = monotonic_now();
  const std::vector<int> pids = tree_.descendants(root_);
  threads_ = limits_.pids ? count_threads(pids) : 0;
  peak_threads_ = std::max(peak_threads_, threads_);
  const bool near_pids = limits_.pids && threads_ > *limits_.pids / 2;
  pause_ = near_pids ? kNearPids : kLongest;
  std::optional<WatchdogAlarm> alarm = judge_memory(pids, now);
  next_ = now + std::max(pause_, (monotonic_now() - begin) * kRestPerLook);
  if (limits_.pids && threads_ > *limits_.pids)
    return WatchdogAlarm{model::Ending::pids, fmt::format("watchdog: {} processes and threads over the limit of {}",
                                                          threads_, *limits_.pids)};
  return alarm;
}

std::uint64_t Watchdog::count_threads(const std::vector<int>& pids) const {
  std::uint64_t threads = 0;
  for (int pid : pids) threads += std::max<std::uint64_t>(tree_.threads(pid), 1);
  return threads;
}

bool Watchdog::pids_exhausted() {
  if (!limits_.pids) return false;
  // The command itself may be gone already, but was there when its last child was refused.
  const std::uint64_t now = count_threads(tree_.descendants(root_)) + 1;
  peak_threads_ = std::max(peak_threads_, now);
  return peak_threads_ >= *limits_.pids && now * 2 >= *limits_.pids;
}

std::optional<WatchdogAlarm> Watchdog::judge_memory(const std::vector<int>& pids, Nanoseconds now) {
  if (!limits_.memory_bytes && !limits_.record_peak) return std::nullopt;
  std::uint64_t resident = 0;
  for (int pid : pids) resident += tree_.memory(pid).total();
  if (!limits_.memory_bytes) {
    peak_bytes_ = std::max(peak_bytes_, resident);
    return std::nullopt;
  }
  const std::uint64_t limit = *limits_.memory_bytes;
  const std::uint64_t seen = resident + hidden_->growth();
  std::uint64_t used = at_most(seen, now);
  if (used > limit) {
    used = look_closely(pids);
    close_ = CloseLook{now, seen, used};
    peak_bytes_ = std::max(peak_bytes_, used);
  } else {
    peak_bytes_ = std::max(peak_bytes_, std::min(resident, used));
  }
  if (used > limit)
    return WatchdogAlarm{model::Ending::memory, fmt::format("watchdog: {} bytes over the limit of {}", used, limit)};
  pause_ = std::min(pause_, pause_until(limit - used));
  return std::nullopt;
}

// What the tree can have at the very most. Once it was looked at closely it cannot have got more than
// the cheap figure grew by, nor more than there was time to touch.
std::uint64_t Watchdog::at_most(std::uint64_t seen, Nanoseconds now) const {
  if (!close_) return seen;
  const auto passed =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - close_->at).count());
  const std::uint64_t grown = seen > close_->seen ? seen - close_->seen : 0;
  const std::uint64_t touched = passed * cores() * kBytesPerMillisecond / 1000;
  return std::min(seen, close_->truth + std::min(grown, touched));
}

Nanoseconds Watchdog::pause_until(std::uint64_t distance) const {
  const auto time = milliseconds(distance / (kBytesPerMillisecond * cores()));
  return std::clamp<Nanoseconds>(time, kShortest, kLongest);
}

std::uint64_t Watchdog::look_closely(const std::vector<int>& pids) {
  MemoryUse shares;
  for (int pid : pids) shares += tree_.memory_share(pid);
  const HiddenMemory::Found hidden = hidden_->look(pids);
  const std::uint64_t own = shares.total() - shares.shared;
  const std::uint64_t limit = *limits_.memory_bytes;
  if (own + shares.shared + hidden.bytes <= limit || hidden.bytes == 0 || shares.shared == 0)
    return own + shares.shared + hidden.bytes;
  // A file that is mapped is in both figures.
  std::uint64_t twice = 0;
  for (int pid : pids) {
    const auto mapped = tree_.mapped_share(pid, hidden.files);
    if (!mapped) return own + std::max(shares.shared, hidden.bytes);
    twice += *mapped;
  }
  return own + shares.shared + hidden.bytes - std::min({twice, shares.shared, hidden.bytes});
}

}  // namespace rh::sandbox
