// The lists of interpreters and of their threads: found by walking them, and watched in every copy by what is read
// of each interpreter anyway.
#include <algorithm>

#include "profiles/python/stack_reader.h"

namespace rh::profiles::python {
namespace {

constexpr std::size_t kFewThreads = 256;  // more are not compared with one another

}  // namespace

const Interpreter* StackReader::interpreter_of(const PythonThread& thread) const {
  for (const Interpreter& each : interpreters_)
    if (each.state == thread.interpreter) return &each;
  return nullptr;
}

// Walks the lists of interpreters and their threads; those that are known keep what is known of them.
ReadOutcome StackReader::list() {
  auto old = std::move(threads_);
  threads_.clear();
  interpreters_.clear();
  if (!old.empty()) ++list_version_;
  auto state = memory_.get<Address>(runtime_ + layout_.interpreters_head);
  if (!state) return failure();
  while (*state != 0 && interpreters_.size() < kMaxInterpreters) {
    Interpreter interpreter{.state = *state};
    const auto next = memory_.get<Address>(*state + layout_.interp_next);
    auto thread = memory_.get<Address>(*state + layout_.interp_threads_head);
    if (!next || !thread) break;
    interpreter.next = *next;
    interpreter.threads_head = *thread;
    interpreter.gil = layout_.gil_in_runtime != 0 ? runtime_ + layout_.gil_in_runtime
                                                  : memory_.get<Address>(*state + layout_.gil_in_interp).value_or(0);
    while (thread && *thread != 0 && threads_.size() < kMaxThreads) {
      std::vector<std::uint8_t> block(thread_bytes_);
      if (!memory_.read(*thread, block.data(), block.size())) break;
      const std::uint64_t native =
          layout_.thread_native_id != 0 ? load<std::uint64_t>(block.data() + layout_.thread_native_id) : 0;
      const auto pthread = load<std::uint64_t>(block.data() + layout_.thread_pthread);
      const auto known = std::find_if(old.begin(), old.end(), [&](const std::unique_ptr<PythonThread>& each) {
        return each && each->state == *thread && each->native_id == native && each->pthread == pthread;
      });
      auto entry = known != old.end() ? std::move(*known) : std::make_unique<PythonThread>();
      entry->state = *thread;
      entry->interpreter = *state;
      entry->native_id = native;
      entry->pthread = pthread;
      entry->next = load<Address>(block.data() + layout_.thread_next);
      thread = entry->next;
      threads_.push_back(std::move(entry));
    }
    interpreters_.push_back(interpreter);
    state = next;
  }
  if (old.empty() && !threads_.empty()) ++list_version_;
  // A thread state bears the number of the thread that made it until its own has begun.
  unsettled_ = false;
  for (std::size_t i = 0; i < threads_.size() && threads_.size() < kFewThreads; ++i)
    for (std::size_t j = 0; j < i; ++j)
      unsettled_ = unsettled_ ||
                   (threads_[i]->interpreter == threads_[j]->interpreter &&
                    threads_[i]->native_id == threads_[j]->native_id && threads_[i]->pthread == threads_[j]->pthread);
  lists_known_ = !threads_.empty();
  return threads_.empty() ? ReadOutcome::not_ready : ReadOutcome::consistent;
}

// One range of the runtime, and one or two of each interpreter: what is read of them lies close together.
void StackReader::plan_lists() {
  parts_.clear();
  ranges_.clear();
  bytes_planned_ = 0;
  add(runtime_ + layout_.interpreters_head, runtime_bytes_);
  for (const Interpreter& each : interpreters_) {
    add(each.state + interpreter_from_, interpreter_bytes_);
    if (layout_.gil_in_runtime == 0 && each.gil != 0)
      add(each.gil + layout_.gil_holder, layout_.gil_locked + sizeof(std::uint32_t) - layout_.gil_holder);
  }
}

bool StackReader::take_lists() {
  const std::uint8_t* const runtime = cursor_ - layout_.interpreters_head;
  cursor_ += runtime_bytes_;
  bool same = load<Address>(runtime + layout_.interpreters_head) == interpreters_.front().state;
  for (Interpreter& each : interpreters_) {
    const std::uint8_t* const state = cursor_ - interpreter_from_;
    cursor_ += interpreter_bytes_;
    same = same && load<Address>(state + layout_.interp_next) == each.next &&
           load<Address>(state + layout_.interp_threads_head) == each.threads_head;
    const std::uint8_t* const collector =
        layout_.gc_in_interp != 0 ? state + layout_.gc_in_interp : runtime + layout_.gc_in_runtime;
    each.collecting = load<std::uint32_t>(collector + layout_.gc_collecting) != 0;
    if (each.gil == 0) continue;
    const std::uint8_t* gil = runtime + layout_.gil_in_runtime;
    if (layout_.gil_in_runtime == 0) {
      gil = cursor_ - layout_.gil_holder;
      cursor_ += layout_.gil_locked + sizeof(std::uint32_t) - layout_.gil_holder;
    }
    each.gil_holder = load<Address>(gil + layout_.gil_holder);
    each.gil_locked = load<std::int32_t>(gil + layout_.gil_locked) == 1;
  }
  return same;
}

}  // namespace rh::profiles::python
