#include "profiles/python/stack_reader.h"

#include <algorithm>
#include <cerrno>

namespace rh::profiles::python {
namespace {

constexpr int kMaxDiscoveries = 64;            // attempts of one read that only find new memory or code
constexpr std::uint64_t kShrinkEvery = 128;    // reads after which unused memory is forgotten
constexpr std::size_t kMaxCallSpan = 16384;    // bytes between a caller's frame and its callee's that are compared
constexpr std::size_t kFramesWithLocals = 32;  // of the topmost: what changes within a microsecond is at the top
constexpr std::uint64_t kSettleReads = 5000;
constexpr std::size_t kPair = 2;             // copies that must agree
constexpr std::size_t kRetryCopies = 6;      // made at once when the first two did not
constexpr int kEagerAttempts = 8;            // that make so many, after one whose copies did not agree
constexpr std::size_t kEagerBytes = 16384;   // of one copy at most
constexpr std::size_t kHeapCopies = 6;       // of frames that are objects of their own
constexpr Address kTagMask = 7;              // marks in a pointer to a code object
constexpr int kPatience = kMaxAttempts / 2;  // attempts after which a still leaf is believed however it looks

// Whether a frame says that it runs itself, and not what it called. Memory of frames that have ended stays as it was,
// so that without this a stack of several moments could pass for one. Since 3.11 a frame stores its stack pointer
// before it enters a callee and when it ends, and takes it back (-1, since 3.14 null) when it goes on; before, it
// says only that it is alive.
bool runs(const Layout& layout, const std::uint8_t* frame) {
  if (layout.minor >= 14) return load<Address>(frame + layout.frame_stack_top) == 0;
  if (layout.minor >= 11) return load<std::int32_t>(frame + layout.frame_stack_top) == -1;
  const auto state = static_cast<std::int8_t>(frame[layout.frame_executing]);
  return layout.minor == 10 ? state == 0 : state == 1;
}

// Whether the caller of this frame is Python code that entered it without the help of C code.
bool entered_from_python(const Layout& layout, const std::uint8_t* frame) {
  return layout.minor != 11 || frame[layout.frame_entry] == 0;
}

}  // namespace

StackReader::StackReader(RemoteMemory& memory, const Layout& layout, Address runtime, CodeCache& codes)
    : memory_(memory), layout_(layout), runtime_(runtime), codes_(codes) {
  thread_bytes_ = sizeof(Address) + std::max({layout.thread_next, layout.thread_interp, layout.thread_frame,
                                              layout.thread_pthread, layout.thread_native_id, layout.thread_chunk});
  head_bytes_ = sizeof(Address) + std::max({layout.thread_next, layout.thread_interp, layout.thread_frame});
  std::uint32_t runtime_end = layout.interpreters_head + sizeof(Address);
  if (layout.gil_in_runtime != 0)
    runtime_end = std::max<std::uint32_t>(runtime_end, layout.gil_in_runtime + layout.gil_locked + 4);
  if (layout.gc_in_runtime != 0)
    runtime_end = std::max<std::uint32_t>(runtime_end, layout.gc_in_runtime + layout.gc_collecting + 4);
  runtime_bytes_ = runtime_end - layout.interpreters_head;
  const std::uint32_t collecting =
      layout.gc_in_interp != 0 ? layout.gc_in_interp + layout.gc_collecting : layout.interp_next;
  interpreter_from_ = std::min({layout.interp_next, layout.interp_threads_head, collecting});
  interpreter_bytes_ =
      std::max({layout.interp_next, layout.interp_threads_head, collecting}) + sizeof(Address) - interpreter_from_;
  frame_bytes_ =
      layout.data_stack() ? layout.frame_size : std::max(layout.frame_instruction + 4U, layout.frame_executing + 1U);
}

ReadOutcome StackReader::failure() const {
  switch (memory_.last_errno()) {
    case ESRCH:
      return ReadOutcome::gone;
    case EPERM:
      return ReadOutcome::refused;
    default:
      return ReadOutcome::lost;
  }
}

void StackReader::add(Address from, std::size_t size) {
  ranges_.push_back(remote_range(from, size));
  bytes_planned_ += size;
}

std::size_t StackReader::copies_for(const PythonThread& thread) const {
  if (!layout_.data_stack()) return kHeapCopies;
  const bool torn = attempt_ > 0 && thread.eager_attempts == kEagerAttempts;
  return torn || (thread.eager_attempts > 0 && thread.memory.size() <= kEagerBytes) ? kRetryCopies : kPair;
}

// The head, all frames, all frames again, the head again; frames that are scattered over the heap, and so are copied
// at moments further apart, more often.
void StackReader::plan_thread(PythonThread& thread) {
  Part part{&thread, ranges_.size(), 0};
  const bool has_cframe = layout_.uses_cframe != 0 && thread.cframe != 0;
  const auto add_leaf = [&] {
    if (has_cframe) add(thread.cframe + layout_.cframe_frame, sizeof(Address));
  };
  add(thread.state, head_bytes_);
  add_leaf();
  for (std::size_t copy = 0; copy < thread.copies; ++copy)
    for (const FrameMemory::Range& range : thread.memory.ranges()) add(range.begin, range.end - range.begin);
  add(thread.state + layout_.thread_frame, sizeof(Address));
  add_leaf();
  part.last_range = ranges_.size();
  parts_.push_back(part);
}

// The frame that runs, or runs next; follows a cframe that moved.
bool StackReader::take_thread(PythonThread& thread) {
  const bool has_cframe = layout_.uses_cframe != 0 && thread.cframe != 0;
  const std::size_t leaf_bytes = has_cframe ? sizeof(Address) : 0, head_bytes = head_bytes_ + leaf_bytes;
  const std::uint8_t* const head = cursor_;
  Copies copies{head + head_bytes, thread.memory.size(), layout_.data_stack() ? kPair : thread.copies};
  const std::uint8_t* const tail = copies.first + copies.size * thread.copies;
  cursor_ = tail + sizeof(Address) + leaf_bytes;
  const auto pointer = load<Address>(head + layout_.thread_frame);
  if (load<Address>(head + layout_.thread_interp) != thread.interpreter ||
      load<Address>(head + layout_.thread_next) != thread.next) {
    lists_known_ = false;
    return false;
  }
  if (layout_.uses_cframe != 0 && pointer != thread.cframe) {
    thread.cframe = pointer;
    thread.discovering = true;
    if (pointer != 0) return false;
  }
  Address leaf = pointer, leaf_after = load<Address>(tail);
  if (has_cframe && pointer != 0) {
    if (pointer != leaf_after) return false;
    leaf = load<Address>(head + head_bytes_);
    leaf_after = load<Address>(tail + sizeof(Address));
  }
  // Where a frame tells by itself that it runs, the copies are right although the thread went on before or after.
  settled_ = leaf == leaf_after;
  if (!settled_ && !layout_.data_stack()) return false;
  // Any two copies that follow each other will do.
  for (std::size_t pair = 0; pair + copies.count <= thread.copies; ++pair, copies.first += copies.size) {
    if ((settled_ || leaf != 0) && walk(thread, leaf, copies)) return true;
    if (thread.missing == 0 && !settled_ && leaf_after != 0 && walk(thread, leaf_after, copies)) return true;
    if (thread.missing != 0) return false;
  }
  return false;
}

// Whether a frame with the next `span` bytes is the same in all copies, and looks as it must at its place.
bool StackReader::agrees(const Copies& copies, std::size_t at, std::size_t span, FramePlace place) const {
  const std::uint8_t* const one = copies.first + at;
  const std::size_t from = layout_.data_stack() ? 0 : layout_.frame_previous;  // not the reference count
  bool still = true, running = true;
  for (std::size_t copy = 0; copy < copies.count; ++copy) {
    const std::uint8_t* const other = one + copy * copies.size;
    if (std::memcmp(one + layout_.frame_previous, other + layout_.frame_previous, sizeof(Address)) != 0 ||
        std::memcmp(one + layout_.frame_code, other + layout_.frame_code, sizeof(Address)) != 0)
      return false;
    still = still && std::memcmp(one + from, other + from, span - from) == 0;
    running = running && runs(layout_, other);
  }
  // A caller stands still while its callee runs.
  if (place != FramePlace::leaf) return still;
  if (running || (layout_.frame_owner != 0 && !layout_.is_python_frame(one[layout_.frame_owner]))) return true;
  // Since 3.14 a frame stores its stack pointer for C code, too.
  return settled_ && (layout_.minor >= 14 || (attempt_ >= kPatience && still));
}

bool StackReader::walk(PythonThread& thread, Address leaf, const Copies& copies) {
  thread.frames.clear();
  thread.addresses.clear();
  thread.cut = false;
  Address child = 0;
  FramePlace place = FramePlace::leaf;
  for (Address frame = leaf; frame != 0;) {
    if (thread.addresses.size() == kMaxFrames) {
      thread.cut = true;
      return true;
    }
    const FrameMemory::Range* const range =
        frame % sizeof(Address) == 0 ? thread.memory.find(frame, frame_bytes_) : nullptr;
    if (range == nullptr) {
      thread.missing = frame;
      return false;
    }
    const std::size_t at = range->at + (frame - range->begin);
    const std::uint8_t* const one = copies.first + at;
    const std::uint8_t owner = layout_.frame_owner != 0 ? one[layout_.frame_owner] : 0;
    if (place == FramePlace::caller && layout_.is_python_frame(owner)) {
      const bool running = runs(layout_, one);
      if (!layout_.data_stack() && !running) return false;
      if (layout_.data_stack() && running) {
        // What seemed to be its callee has ended: this is the leaf.
        thread.frames.clear();
        thread.addresses.clear();
        child = 0;
        place = FramePlace::leaf;
      }
    }
    // On the data stack the local variables of a caller lie between it and its callee.
    const bool below = layout_.data_stack() && owner == 0 && child > frame && child <= range->end &&
                       thread.frames.size() < kFramesWithLocals;
    const std::size_t span = below ? std::min<std::size_t>(child - frame, kMaxCallSpan) : frame_bytes_;
    if (!agrees(copies, at, std::max(span, frame_bytes_), place)) return false;
    place = FramePlace::caller_of_c;
    if (layout_.is_python_frame(owner)) {
      Address code = load<Address>(one + layout_.frame_code);
      if (layout_.tagged_code()) code &= ~kTagMask;
      const std::uint8_t* const newest = one + copies.size * (copies.count - 1) + layout_.frame_instruction;
      thread.frames.push_back(
          {frame, code, layout_.data_stack() ? load<std::int64_t>(newest) : load<std::int32_t>(newest)});
      if (entered_from_python(layout_, one)) place = FramePlace::caller;
    }
    thread.addresses.push_back(frame);
    child = owner == 0 ? frame : 0;
    frame = load<Address>(one + layout_.frame_previous);
  }
  return true;
}

// Believes the stacks whose code objects are the same as before the copy was made.
void StackReader::confirm_codes() {
  codes_seen_.swap(codes_seen_before_);
  codes_seen_.clear();
  for (const Part& part : parts_) {
    if (!part.thread->valid) continue;
    Address last = 0;
    for (const FrameCopy& frame : part.thread->frames) {
      if (frame.code != last) codes_seen_.push_back(frame.code);
      last = frame.code;
    }
  }
  if (codes_seen_ != codes_seen_before_) {
    code_list_ = codes_seen_;
    std::sort(code_list_.begin(), code_list_.end());
    code_list_.erase(std::unique(code_list_.begin(), code_list_.end()), code_list_.end());
  }
  if (code_list_.empty() || codes_.confirm(code_list_, planned_codes_)) return;
  for (const Part& part : parts_) {
    if (!part.thread->valid) continue;
    for (const FrameCopy& frame : part.thread->frames) {
      const Code* const code = codes_.find(frame.code);
      if (code != nullptr && codes_.confirmed(*code)) continue;
      part.thread->valid = false;
      part.thread->discovering = true;
      break;
    }
  }
}

void StackReader::after_short_read(std::size_t whole_ranges) {
  for (const Part& part : parts_) {
    if (whole_ranges < part.first_range || whole_ranges >= part.last_range) continue;
    part.thread->memory.clear();
    part.thread->cframe = 0;
    if (whole_ranges == part.first_range) lists_known_ = false;
    return;
  }
  lists_known_ = false;
}

StackReader::Attempt StackReader::attempt(int number) {
  attempt_ = number;
  plan_lists();
  for (const auto& thread : threads_) {
    if (!thread->wanted || thread->valid) continue;
    thread->missing = 0;
    thread->discovering = false;
    thread->copies = copies_for(*thread);
    plan_thread(*thread);
  }
  // Where copies seldom agree at once, the code objects of all attempts that fail would be read in vain.
  const bool with_codes = number == 0 && std::none_of(parts_.begin(), parts_.end(),
                                                      [](const Part& part) { return part.thread->eager_attempts > 0; });
  const std::size_t codes_at = bytes_planned_, first_code = ranges_.size();
  if (with_codes) {
    ranges_.insert(ranges_.end(), codes_.planned_ranges().begin(), codes_.planned_ranges().end());
    bytes_planned_ += codes_.planned_bytes();
  }
  if (number > 0) ++retries_;
  if (bytes_.size() < bytes_planned_) bytes_.resize(bytes_planned_);
  const std::size_t read = memory_.read(ranges_, bytes_.data());
  planned_codes_ = with_codes && read == ranges_.size() ? bytes_.data() + codes_at : nullptr;
  if (read < first_code) {
    if (memory_.last_errno() != EFAULT) return Attempt::failed;
    after_short_read(read);
    return lists_known_ ? Attempt::again : Attempt::relist;
  }
  cursor_ = bytes_.data();
  if (!take_lists()) return Attempt::relist;
  for (const Part& part : parts_) {
    part.thread->valid = take_thread(*part.thread);
    if (!lists_known_) return Attempt::relist;
  }
  confirm_codes();
  bool all = true;
  for (const Part& part : parts_) {
    PythonThread& thread = *part.thread;
    if (thread.valid) continue;
    all = false;
    if (thread.missing == 0) continue;
    thread.discovering = true;
    thread.memory.cover(memory_, layout_, thread.state, thread.missing, frame_bytes_);
  }
  return all ? Attempt::done : Attempt::again;
}

ReadOutcome StackReader::read() {
  // Some programs never settle.
  if (!lists_known_ || (unsettled_ && (reads_ < kSettleReads || reads_ % kShrinkEvery == 0)))
    if (const ReadOutcome listed = list(); listed != ReadOutcome::consistent) return listed;
  for (const auto& thread : threads_)
    if (thread->wanted) thread->valid = false;
  int torn = 0, found = 0;
  for (int number = 0; torn < kMaxAttempts && found < kMaxDiscoveries; ++number) {
    const Attempt result = attempt(number);
    if (result == Attempt::done) break;
    if (result == Attempt::failed) return failure();
    if (result == Attempt::relist) {
      ++found;
      for (const auto& thread : threads_) thread->wanted = thread->wanted || !thread->valid;
      if (const ReadOutcome listed = list(); listed != ReadOutcome::consistent) return listed;
      for (const auto& thread : threads_) thread->wanted = true;
      for (const auto& thread : threads_) thread->valid = false;
      continue;
    }
    const bool discovering = std::any_of(
        parts_.begin(), parts_.end(), [](const Part& part) { return !part.thread->valid && part.thread->discovering; });
    ++(discovering ? found : torn);
    for (const Part& part : parts_)
      if (!part.thread->valid && !part.thread->discovering) part.thread->eager_attempts = kEagerAttempts;
  }
  bool all = true;
  ++reads_;
  for (const auto& thread : threads_) {
    if (!thread->wanted) continue;
    thread->wanted = false;
    thread->eager_attempts = std::max(thread->eager_attempts - 1, 0);
    all = all && thread->valid;
    if (thread->valid && reads_ % kShrinkEvery == 0) thread->memory.shrink_to(thread->addresses, frame_bytes_);
  }
  return all ? ReadOutcome::consistent : ReadOutcome::torn;
}

}  // namespace rh::profiles::python
