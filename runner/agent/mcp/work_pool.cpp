#include "runner/agent/mcp/work_pool.h"

namespace rh::agent::mcp {

WorkPool::~WorkPool() { stop(); }

bool WorkPool::run(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= kMaxQueued) return false;
  queue_.push_back(std::move(work));
  if (idle_ < queue_.size() && threads_.size() < most_ + waiting_) threads_.emplace_back([this] { this->work(); });
  changed_.notify_one();
  return true;
}

void WorkPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

bool WorkPool::begin_wait() {
  const std::lock_guard lock(mutex_);
  if (waiting_ >= kMaxWaiting) return false;
  ++waiting_;
  // What is queued already has nobody who makes a thread for it.
  if (!stopping_ && idle_ < queue_.size()) threads_.emplace_back([this] { work(); });
  return true;
}

void WorkPool::end_wait() {
  const std::lock_guard lock(mutex_);
  --waiting_;
}

void WorkPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    const auto next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    next();
    lock.lock();
  }
}

}  // namespace rh::agent::mcp
