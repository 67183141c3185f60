#include "runner/agent/mcp/quota.h"

#include <fmt/core.h>

namespace rh::agent::mcp {

Quota::Slot::~Slot() {
  if (quota_ == nullptr) return;
  const std::lock_guard lock(quota_->mutex_);
  --quota_->uses_[caller_].running;
}

std::optional<Quota::Slot> Quota::enter(const std::string& caller, std::string& why, Clock::time_point now) {
  constexpr std::chrono::minutes kWindow{1};
  const std::lock_guard lock(mutex_);
  if (uses_.size() >= kMaxCallersCounted && uses_.count(caller) == 0)
    for (auto one = uses_.begin(); one != uses_.end();)
      one = one->second.running == 0 ? uses_.erase(one) : std::next(one);
  Use& use = uses_[caller];
  while (!use.begun.empty() && now - use.begun.front() >= kWindow) use.begun.pop_front();
  if (use.running >= limits_.concurrent) {
    why = fmt::format("{} calls are running, which is the most for one caller; try again when one has ended",
                      use.running);
    return std::nullopt;
  }
  if (use.begun.size() >= limits_.per_minute) {
    why = fmt::format("{} calls were made within a minute, which is the most for one caller; try again later",
                      use.begun.size());
    return std::nullopt;
  }
  ++use.running;
  use.begun.push_back(now);
  return std::optional<Slot>(std::in_place, *this, caller);
}

}  // namespace rh::agent::mcp
