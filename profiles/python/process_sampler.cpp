#include "profiles/python/process_sampler.h"

#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

constexpr std::int64_t kListTasksEveryNs = 50'000'000;
constexpr int kNameReads = 4;  // of one thread, at the listings after it appeared
constexpr std::int64_t kAttachAtLeastEveryNs = 50'000'000;
constexpr std::int64_t kTickDelayNs = 1'000'000;  // by which the kernel's tick may come late
constexpr std::uint32_t kMaxPthreadBytes = 2304;
// Offsets of `tid` in struct pthread: glibc on x86-64 and on AArch64, musl. Any other is looked for.
constexpr std::uint32_t kUsualTidOffsets[] = {720, 208, 48, 56};

// A thread that runs is charged at every tick of the kernel: one that was neither charged nor put on a CPU for longer
// than this was on none. 0: not known, because CPUs may run without ticks (nohz_full).
std::int64_t charged_within_ns() {
  static const std::int64_t within = [] {
    const auto without_ticks = read_file("/sys/devices/system/cpu/nohz_full", 4096);
    if (without_ticks && !trim(*without_ticks).empty() && trim(*without_ticks) != "(null)") return std::int64_t{0};
    timespec tick{};
    if (::clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0 || tick.tv_sec != 0) return std::int64_t{0};
    return tick.tv_nsec + kTickDelayNs;
  }();
  return within;
}

std::string name_of_task(int pid, int tid) {
  const auto text = read_file(fmt::format("/proc/{}/task/{}/comm", pid, tid), 256);
  return text ? to_valid_utf8(trim(*text)) : std::string{};
}

}  // namespace

PySampler::PySampler(int pid, std::uint32_t process, RuntimeLocation location, ProfileBuilder& builder)
    : pid_(pid), process_(process), builder_(builder), memory_(pid), location_(std::move(location)), tasks_(pid) {}

void PySampler::refuse(const std::string& reason) {
  model::ProfileProcess& process = builder_.process(process_);
  process.profiler.clear();
  process.unprofiled_reason = reason;
  refused_ = true;
}

TickOutcome PySampler::attach(const Tick& now) {
  if (now.time_ns < next_attach_ns_) return TickOutcome::not_ready;
  next_attach_ns_ = now.time_ns + attach_after_ns_;
  // A program that links CPython and never loads it must not cost much.
  attach_after_ns_ = std::min(attach_after_ns_ * 5 / 4, kAttachAtLeastEveryNs);
  if (location_.presence != Presence::found) location_ = locate_runtime(memory_);
  if (location_.presence == Presence::refused) {
    refuse(location_.reason);
    return TickOutcome::gone;
  }
  if (location_.presence != Presence::found) return TickOutcome::not_ready;
  codes_ = std::make_unique<CodeCache>(memory_, location_.layout, builder_);
  reader_ = std::make_unique<StackReader>(memory_, location_.layout, location_.runtime, *codes_);
  builder_.process(process_).runtime = "CPython " + location_.version.text();
  list_version_ = 0;
  return TickOutcome::taken;
}

// The runtime is no longer where it was: another image of the same program, or none.
TickOutcome PySampler::relocate(const Tick& now) {
  if (reader_) retries_before_ += reader_->retries();
  for (const auto& thread : threads_) thread->states.clear();
  reader_.reset();
  codes_.reset();
  location_ = {};
  next_attach_ns_ = now.time_ns + attach_after_ns_;
  return TickOutcome::not_ready;
}

std::uint32_t PySampler::thread_index(const Task& task) {
  const auto known = thread_indexes_.find(task.tid);
  if (known != thread_indexes_.end()) return known->second;
  const std::uint32_t index = builder_.add_thread({process_, task.tid, name_of_task(pid_, task.tid)});
  thread_indexes_.emplace(task.tid, index);
  return index;
}

// A thread gets its name (3.14 sets it from threading) only after it has begun.
void PySampler::read_names() {
  for (const auto& thread : threads_) {
    if (thread->name_reads == kNameReads) continue;
    ++thread->name_reads;
    if (std::string name = name_of_task(pid_, thread->tid); !name.empty())
      builder_.profile().threads[thread->index].name = std::move(name);
  }
}

std::optional<std::uint32_t> PySampler::tid_at(std::uint64_t pthread) {
  if (tid_in_pthread_ == 0 || pthread == 0) return std::nullopt;
  return memory_.get<std::uint32_t>(pthread + tid_in_pthread_);
}

// Finds where the C library keeps a thread's number: where the structure of the main thread has the main thread's.
void PySampler::calibrate_pthread() {
  if (tid_in_pthread_ != 0) return;
  const Task* const main = tasks_.find(pid_);
  if (main == nullptr) return;
  for (const auto& state : reader_->threads()) {
    std::vector<std::uint8_t> bytes(kMaxPthreadBytes);
    // Less where the structure lies at the end of its pages.
    while (bytes.size() >= 64 && !memory_.read(state->pthread, bytes.data(), bytes.size()))
      bytes.resize(bytes.size() / 2);
    const auto has = [&](std::uint32_t at) {
      return at + sizeof(int) <= bytes.size() && load<int>(bytes.data() + at) == main->inner_tid;
    };
    for (const std::uint32_t at : kUsualTidOffsets)
      if (tid_in_pthread_ == 0 && has(at)) tid_in_pthread_ = at;
    for (std::uint32_t at = 0; tid_in_pthread_ == 0 && at < bytes.size(); at += sizeof(int))
      if (has(at)) tid_in_pthread_ = at;
    if (tid_in_pthread_ != 0) return;
  }
}

Task* PySampler::task_of(const PythonThread& state) {
  if (state.native_id != 0)
    if (Task* const task = tasks_.find_inner(static_cast<int>(state.native_id))) return task;
  // Before 3.11 there is no such number, and after a fork it may be the parent's.
  const auto tid = tid_at(state.pthread);
  return tid ? tasks_.find_inner(static_cast<int>(*tid)) : nullptr;
}

// Brings the threads of the kernel and those of the interpreters together. False: the process is gone.
bool PySampler::match_threads(const Tick& now) {
  const bool due = tasks_.stale() || now.time_ns >= next_look_for_tasks_ns_;
  if (!due && list_version_ == reader_->list_version()) return true;
  next_look_for_tasks_ns_ = now.time_ns + kListTasksEveryNs;
  if (!tasks_.list()) return false;
  read_names();
  if (task_version_ == tasks_.version() && list_version_ == reader_->list_version()) return true;
  // A thread that ended leaves no trace where the lists begin.
  if (task_version_ != tasks_.version()) (void)reader_->list();
  task_version_ = tasks_.version();
  list_version_ = reader_->list_version();
  calibrate_pthread();
  auto old = std::move(threads_);
  threads_.clear();
  for (const auto& task : tasks_.tasks()) {
    const auto known = std::find_if(
        old.begin(), old.end(), [&](const std::unique_ptr<Thread>& each) { return each && each->task == task.get(); });
    auto thread = known != old.end() ? std::move(*known) : std::make_unique<Thread>();
    thread->tid = task->tid;
    thread->task = task.get();
    thread->index = thread_index(*task);
    thread->states.clear();
    threads_.push_back(std::move(thread));
  }
  for (const auto& ended : old)
    if (ended) ended->shares.finish(builder_);
  // The newest interpreter comes first in the list: outermost frames are those of the oldest.
  auto& states = reader_->threads();
  std::vector<PythonThread*> unmatched;
  for (auto state = states.rbegin(); state != states.rend(); ++state) {
    const Task* const task = task_of(**state);
    const auto thread = std::find_if(threads_.begin(), threads_.end(),
                                     [&](const std::unique_ptr<Thread>& each) { return each->task == task; });
    // A state that was made for a thread to come still bears the number of its maker.
    const bool twice = thread != threads_.end() &&
                       std::any_of((*thread)->states.begin(), (*thread)->states.end(), [&](const PythonThread* other) {
                         return other->interpreter == (*state)->interpreter;
                       });
    if (task != nullptr && thread != threads_.end() && !twice)
      (*thread)->states.push_back(state->get());
    else
      unmatched.push_back(state->get());
  }
  // A process that has just forked: the thread that called fork is the only one, whatever number its state bears.
  if (threads_.size() == 1 && threads_.front()->states.empty() && !unmatched.empty()) {
    const auto holder = std::find_if(unmatched.begin(), unmatched.end(), [&](const PythonThread* state) {
      const Interpreter* const interpreter = reader_->interpreter_of(*state);
      return interpreter != nullptr && interpreter->gil_holder == state->state;
    });
    threads_.front()->states.push_back(holder != unmatched.end() ? *holder : unmatched.front());
  }
  return true;
}

// It could run, but has been on no CPU since its stack was read.
bool PySampler::waits_for_cpu(Thread& thread, const Tick& now) {
  const Task& task = *thread.task;
  if (task.charged_ns != thread.charged_ns || task.switches != thread.switches) {
    thread.charged_ns = task.charged_ns;
    thread.switches = task.switches;
    thread.still_since_ns = now.time_ns;
    return false;
  }
  const std::int64_t within = charged_within_ns();
  return within > 0 && now.time_ns - thread.still_since_ns > within;
}

// Every thread that may have run since its stack was read. False: there is none.
bool PySampler::mark_wanted(const Tick& now) {
  bool any = threads_.empty();
  for (const auto& thread : threads_) {
    thread->still = thread->task->quiet || waits_for_cpu(*thread, now);
    any = any || !thread->still;
    for (PythonThread* const state : thread->states) {
      state->wanted = !state->valid || !thread->still;
      any = any || state->wanted;
    }
  }
  return any;
}

std::uint32_t PySampler::mark(std::uint32_t parent, const char* name, model::FrameKind kind) {
  model::ProfileFrame frame;
  frame.name = name;
  frame.kind = kind;
  return builder_.stack(parent, builder_.frame(frame), 0);
}

void PySampler::update_stack(Thread& thread) {
  const std::uint32_t before = thread.stack;
  if (!update_levels(thread)) {
    thread.stack = model::kNoIndex;
    thread.moved = true;
  }
  thread.moved = thread.moved || thread.stack != before;
}

// The frames of all interpreters that the thread is in, root first; what did not change since is not looked up again.
bool PySampler::update_levels(Thread& thread) {
  std::size_t depth = 0;
  std::uint32_t node = model::kNoIndex;
  bool same = true;
  const Code* code = nullptr;
  const auto minor = static_cast<int>(location_.layout.minor);
  for (const PythonThread* const state : thread.states) {
    if (!state->valid) return false;
    if (state->cut) {
      node = mark(node, "(deeper frames were not read)", model::FrameKind::runtime);
      same = false;
    }
    for (auto frame = state->frames.rbegin(); frame != state->frames.rend(); ++frame, ++depth) {
      if (code == nullptr || code->address != frame->code) code = codes_->find(frame->code);
      if (code == nullptr) return false;
      if (depth == thread.levels.size()) thread.levels.push_back({});
      Level& level = thread.levels[depth];
      same = same && level.node != model::kNoIndex && level.generation == code->generation &&
             level.instruction == frame->instruction;
      if (!same)
        level = {code->generation, frame->instruction,
                 builder_.stack(node, code->frame, code->line_at(frame->instruction, minor))};
      node = level.node;
    }
  }
  thread.moved = !same || depth != thread.levels.size();
  thread.levels.resize(depth);
  for (const PythonThread* const state : thread.states) {
    const Interpreter* const interpreter = reader_->interpreter_of(*state);
    if (interpreter != nullptr && interpreter->collecting && interpreter->gil_locked &&
        interpreter->gil_holder == state->state && !state->frames.empty())
      node = mark(node, "(garbage collection)", model::FrameKind::gc);
  }
  if (depth == 0)
    node = mark(node, thread.states.empty() ? "(native thread)" : "(no Python frame)", model::FrameKind::runtime);
  thread.stack = node;
  return true;
}

// Whether it holds the interpreter's lock is in the interpreter; whether it waits for it, in the address at which it
// sleeps: the condition variable of the lock.
void PySampler::update_lock_state(Thread& thread) {
  thread.gil_state = 0;
  for (const PythonThread* const each : thread.states) {
    const Interpreter* const interpreter = reader_->interpreter_of(*each);
    if (interpreter == nullptr || !interpreter->gil_locked) continue;
    const std::uint64_t futex = thread.task->blocked ? thread.task->futex : 0;
    if (interpreter->gil_holder == each->state)
      thread.gil_state |= model::kHoldsGil;
    else if (futex >= interpreter->gil && futex < interpreter->gil + location_.layout.gil_size)
      thread.gil_state |= model::kWaitsForGil;
  }
}

// A thread whose stack could not be read leaves its time to its next sample.
void PySampler::add_samples(const Tick& now) {
  for (const auto& thread : threads_) {
    const Task& task = *thread->task;
    thread->waiting_wall_ns += now.interval_ns;
    thread->waiting_cpu_ns += task.new_ns;
    if (thread->stack == model::kNoIndex) continue;
    const Sample sample{.time_ns = now.time_ns,
                        .thread = thread->index,
                        .stack = thread->stack,
                        .wall_ns = std::exchange(thread->waiting_wall_ns, 0),
                        .state = thread->gil_state};
    thread->shares.add(sample, !task.blocked, std::exchange(thread->moved, false),
                       std::exchange(thread->waiting_cpu_ns, 0), builder_);
  }
}

TickOutcome PySampler::tick(const Tick& now) {
  if (refused_) return TickOutcome::not_ready;
  if (!reader_)
    if (const TickOutcome attached = attach(now); attached != TickOutcome::taken) return attached;
  if (tasks_.tasks().empty() && reader_->list() == ReadOutcome::gone) return TickOutcome::gone;
  if (!match_threads(now)) return TickOutcome::gone;
  (void)tasks_.look();
  if (tasks_.stale() && !match_threads(now)) return TickOutcome::gone;
  if (!mark_wanted(now) && !reader_->threads().empty()) {
    add_samples(now);
    return TickOutcome::idle;
  }
  const ReadOutcome outcome = reader_->read();
  switch (outcome) {
    case ReadOutcome::gone:
      return TickOutcome::gone;
    case ReadOutcome::lost:
      return relocate(now);
    case ReadOutcome::refused:
      refuse("the kernel does not let its memory be read: it changed its user, or forbids it (prctl PR_SET_DUMPABLE)");
      return TickOutcome::gone;
    case ReadOutcome::not_ready:
      return TickOutcome::not_ready;
    case ReadOutcome::consistent:
    case ReadOutcome::torn:
      break;
  }
  if (list_version_ != reader_->list_version() && !match_threads(now)) return TickOutcome::gone;
  for (const auto& thread : threads_) {
    if (!thread->still || thread->stack == model::kNoIndex) update_stack(*thread);
    update_lock_state(*thread);
  }
  add_samples(now);
  return outcome == ReadOutcome::torn ? TickOutcome::rejected : TickOutcome::taken;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> PySampler::last_stacks() const {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> stacks;
  for (const auto& thread : threads_)
    if (thread->stack != model::kNoIndex) stacks.emplace_back(thread->index, thread->stack);
  return stacks;
}

void PySampler::finish(const Tick& now) {
  (void)now;
  for (const auto& thread : threads_) thread->shares.finish(builder_);
  builder_.process(process_).quality.retries += retries_before_ + (reader_ ? reader_->retries() : 0);
}

}  // namespace rh::profiles::python
