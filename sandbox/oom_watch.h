// Sees when the kernel's OOM killer takes a process of a tree whose control group does not end it whole.
#pragma once

#include <cstdint>
#include <optional>

#include "runner/base/clock.h"
#include "runner/base/unique_fd.h"
#include "sandbox/cgroup.h"

namespace rh::sandbox {

class OomWatch {
 public:
  explicit OomWatch(const RunCgroup& cgroup) : cgroup_(cgroup), event_(cgroup.open_oom_event()) {}

  [[nodiscard]] BorrowedFd event() const { return event_; }
  void event_came(Nanoseconds now);
  // When to look although nothing else happens; nothing while no kill is expected.
  [[nodiscard]] std::optional<Nanoseconds> next_look() const;
  // Looks when it is time to: how many processes were killed, if any.
  [[nodiscard]] std::optional<std::uint64_t> look(Nanoseconds now);

 private:
  const RunCgroup& cgroup_;
  UniqueFd event_;
  Nanoseconds next_look_{};
  std::optional<Nanoseconds> expected_until_;
};

}  // namespace rh::sandbox
