#include "runner/agent/mcp/heartbeat.h"

#include <algorithm>
#include <chrono>

#include "runner/agent/mcp/call.h"

namespace rh::agent::mcp {

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Heartbeat::watch(const std::shared_ptr<Call>& call) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(call);
  if (!thread_.joinable()) thread_ = std::thread([this] { beat(); });
  changed_.notify_all();
}

void Heartbeat::beat() {
  constexpr std::chrono::seconds kTick{1};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (calls_.empty())
      changed_.wait(lock, [&] { return stopping_ || !calls_.empty(); });
    else
      changed_.wait_for(lock, kTick, [&] { return stopping_; });
    std::vector<std::shared_ptr<Call>> alive;
    for (const auto& one : calls_)
      if (auto call = one.lock()) alive.push_back(std::move(call));
    calls_.assign(alive.begin(), alive.end());
    lock.unlock();  // a client that does not read must not hold up who starts calls
    for (const auto& call : alive) call->heartbeat();
    alive.clear();
    lock.lock();
  }
}

}  // namespace rh::agent::mcp
