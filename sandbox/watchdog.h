// Limits without a control group: looks at the tree every few milliseconds. Weaker than the kernel's
// own limits, and reported so.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/clock.h"
#include "runner/model/ending.h"
#include "sandbox/hidden_memory.h"
#include "sandbox/process_tree.h"

namespace rh::sandbox {

struct WatchdogLimits {
  std::optional<std::uint64_t> memory_bytes = {};
  std::optional<std::uint64_t> pids = {};
  bool record_peak = false;                         // nobody else measures memory
  std::vector<std::filesystem::path> granted = {};  // folders that the tree was given to fill
};

struct WatchdogAlarm {
  model::Ending ending;
  std::string detail;
};

class Watchdog {
 public:
  Watchdog(const ProcessTree& tree, int root, WatchdogLimits limits);

  [[nodiscard]] bool needed() const { return limits_.memory_bytes || limits_.pids || limits_.record_peak; }
  [[nodiscard]] Nanoseconds next_look() const { return next_; }
  // Looks when it is time to; an alarm means that the tree must be killed now.
  [[nodiscard]] std::optional<WatchdogAlarm> look(Nanoseconds now);
  // Counts once more, whenever that is: the tree has been as large as it may be, and about is still.
  // For limits that refuse without counting (RLIMIT_NPROC).
  [[nodiscard]] bool pids_exhausted();
  [[nodiscard]] std::uint64_t peak_bytes() const { return peak_bytes_; }
  [[nodiscard]] std::uint64_t peak_threads() const { return peak_threads_; }

 private:
  // The last close look, which all cheap ones until the next are compared with.
  struct CloseLook {
    Nanoseconds at;
    std::uint64_t seen;   // what a cheap look gave then
    std::uint64_t truth;  // and what it was
  };
  [[nodiscard]] std::uint64_t count_threads(const std::vector<int>& pids) const;
  [[nodiscard]] std::optional<WatchdogAlarm> judge_memory(const std::vector<int>& pids, Nanoseconds now);
  [[nodiscard]] std::uint64_t at_most(std::uint64_t seen, Nanoseconds now) const;
  [[nodiscard]] std::uint64_t look_closely(const std::vector<int>& pids);
  [[nodiscard]] Nanoseconds pause_until(std::uint64_t distance) const;

  ProcessTree tree_;
  int root_;
  WatchdogLimits limits_;
  std::optional<HiddenMemory> hidden_;
  std::optional<CloseLook> close_;
  Nanoseconds next_{}, pause_{};
  std::uint64_t peak_bytes_ = 0, peak_threads_ = 0, threads_ = 0;
};

}  // namespace rh::sandbox
