// Limits without a control group: looks at the tree every few milliseconds. Weaker than the kernel's
// own limits, and reported so.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/clock.h"
#include "runner/model/ending.h"
#include "sandbox/process_tree.h"

namespace rh::sandbox {

struct WatchdogLimits {
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> pids;
  bool record_peak = false;  // nobody else measures memory
};

struct WatchdogAlarm {
  model::Ending ending;
  std::string detail;
};

class Watchdog {
 public:
  Watchdog(ProcessTree tree, int root, WatchdogLimits limits) : tree_(std::move(tree)), root_(root), limits_(limits) {}

  [[nodiscard]] bool needed() const { return limits_.memory_bytes || limits_.pids || limits_.record_peak; }
  [[nodiscard]] Nanoseconds next_look() const { return next_; }
  // Looks when it is time to; an alarm means that the tree must be killed now.
  [[nodiscard]] std::optional<WatchdogAlarm> look(Nanoseconds now);
  // Counts once more, whenever that is: the last word when the command has just ended.
  void count_last_threads();
  [[nodiscard]] std::uint64_t peak_bytes() const { return peak_bytes_; }
  [[nodiscard]] std::uint64_t peak_threads() const { return peak_threads_; }

 private:
  [[nodiscard]] std::uint64_t count_threads(const std::vector<int>& pids) const;
  [[nodiscard]] std::optional<WatchdogAlarm> judge_memory(const std::vector<int>& pids, std::uint64_t resident);
  ProcessTree tree_;
  int root_;
  WatchdogLimits limits_;
  Nanoseconds next_{};
  std::uint64_t peak_bytes_ = 0, peak_threads_ = 0;
};

}  // namespace rh::sandbox
