// How much one caller may ask for: calls at the same time, and calls begun within a minute.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace rh::agent::mcp {

struct QuotaLimits {
  unsigned concurrent = 200;
  unsigned per_minute = 3'000;
};

constexpr std::size_t kMaxCallersCounted = 10'000;

class Quota {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Quota(QuotaLimits limits) : limits_(limits) {}

  // Held while the call runs.
  class Slot {
   public:
    Slot(Quota& quota, std::string caller) : quota_(&quota), caller_(std::move(caller)) {}
    Slot(Slot&& other) noexcept : quota_(std::exchange(other.quota_, nullptr)), caller_(std::move(other.caller_)) {}
    Slot(const Slot&) = delete;
    ~Slot();

   private:
    Quota* quota_;
    std::string caller_;
  };

  // Nothing: over the limit, and `why` says which.
  [[nodiscard]] std::optional<Slot> enter(const std::string& caller, std::string& why,
                                          Clock::time_point now = Clock::now());

 private:
  struct Use {
    unsigned running = 0;
    std::deque<Clock::time_point> begun;  // within the last minute
  };

  const QuotaLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Use> uses_;
};

}  // namespace rh::agent::mcp
