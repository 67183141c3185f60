// The event comes when the kernel begins to look for a victim, a little before it counts one. Where
// there is no event, the counter is read now and then.
#include "sandbox/oom_watch.h"

#include <unistd.h>

namespace rh::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds kExpectFor = milliseconds(200);
constexpr Nanoseconds kExpectingInterval = milliseconds(1);
constexpr Nanoseconds kInterval = milliseconds(50);

}  // namespace

void OomWatch::event_came(Nanoseconds now) {
  std::uint64_t count = 0;
  if (read(event_.get(), &count, sizeof count) != sizeof count) event_.reset();
  expected_until_ = now + kExpectFor;
  next_look_ = now;
}

std::optional<Nanoseconds> OomWatch::next_look() const {
  return expected_until_ ? std::optional(next_look_) : std::nullopt;
}

std::optional<std::uint64_t> OomWatch::look(Nanoseconds now) {
  if (!cgroup_.limits_memory() || now < next_look_) return std::nullopt;
  if (expected_until_ && now >= *expected_until_) expected_until_.reset();
  next_look_ = now + (expected_until_ ? kExpectingInterval : kInterval);
  const auto kills = cgroup_.oom_kills();
  return kills && *kills > 0 ? kills : std::nullopt;
}

}  // namespace rh::sandbox
