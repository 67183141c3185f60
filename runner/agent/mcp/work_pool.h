// Threads for calls, which block. Threads are made when work waits, up to a bound; so is the queue before them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rh::agent::mcp {

constexpr unsigned kMaxWorkers = 32;
constexpr std::size_t kMaxQueued = 1'024;
constexpr unsigned kMaxWaiting = 64;  // of workers, for people

class WorkPool {
 public:
  explicit WorkPool(unsigned workers = kMaxWorkers) : most_(workers) {}
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;

  // False: the queue is full, or the pool stops.
  [[nodiscard]] bool run(std::function<void()> work);
  // Waits for what is running; what is queued still runs (its call is cancelled by then).
  void stop();

  // Work that only waits for a person: another thread may take its place meanwhile. False: too many wait already.
  [[nodiscard]] bool begin_wait();
  void end_wait();

 private:
  void work();

  const unsigned most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0, waiting_ = 0;
  bool stopping_ = false;
};

}  // namespace rh::agent::mcp
