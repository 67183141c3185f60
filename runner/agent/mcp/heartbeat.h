// Lets calls that asked for progress say regularly that they live.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rh::agent::mcp {

class Call;

class Heartbeat {
 public:
  Heartbeat() = default;
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;

  void watch(const std::shared_ptr<Call>& call);  // until it ends

 private:
  void beat();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<Call>> calls_;
  std::thread thread_;  // with the first call
  bool stopping_ = false;
};

}  // namespace rh::agent::mcp
