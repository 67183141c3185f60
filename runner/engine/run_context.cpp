#include "runner/engine/run_context.h"

namespace rh::engine {

model::StepMeaning SharedSteps::run_once(const std::string& key, const std::function<model::StepMeaning()>& step) {
  std::unique_lock lock(mutex_);
  const auto [entry, first] = entries_.try_emplace(key);
  if (!first) {
    changed_.wait(lock, [&] { return entries_[key].done; });
    return entries_[key].meaning;
  }
  lock.unlock();
  const model::StepMeaning meaning = step();
  lock.lock();
  entries_[key] = {true, meaning};
  changed_.notify_all();
  return meaning;
}

}  // namespace rh::engine
