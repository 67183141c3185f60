// Reads the Python stacks of a running process without stopping it. The target changes its frames faster than they
// can be copied, so every stack is copied twice in one system call and believed only if both copies agree in all
// frames, and if every code object in it was the same before and after. What does not agree is read again at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "profiles/python/code_cache.h"
#include "profiles/python/frame_memory.h"
#include "profiles/python/layout.h"
#include "profiles/python/remote_memory.h"

namespace rh::profiles::python {

inline constexpr std::size_t kMaxFrames = 65536;  // of one stack; what is deeper is cut off at the root
inline constexpr std::size_t kMaxThreads = 4096, kMaxInterpreters = 1024;
inline constexpr int kMaxAttempts = 16;

// One thread of one interpreter, as its PyThreadState says.
struct PythonThread {
  Address state = 0;
  Address interpreter = 0;
  std::uint64_t native_id = 0;  // of the kernel, in the innermost PID namespace; 0: the version does not keep it
  std::uint64_t pthread = 0;
  bool wanted = false;            // read by the next read()
  bool valid = false;             // `frames` were consistent when they were read last
  bool cut = false;               // more than kMaxFrames
  std::vector<FrameCopy> frames;  // Python code only, leaf first

  // Of the reader.
  Address next = 0, cframe = 0;
  Address missing = 0;             // the last attempt ended at a frame here, in memory that was not copied
  bool discovering = false;        // the last attempt failed because something was new, not torn
  std::size_t copies = 2;          // of the frames in the current attempt
  int eager_attempts = 0;          // that make more copies, because two did not do lately
  std::vector<Address> addresses;  // of all frames of the last walk
  FrameMemory memory;
};

struct Interpreter {
  Address state = 0, next = 0, threads_head = 0;
  Address gil = 0;  // 0: not known
  bool gil_locked = false;
  Address gil_holder = 0;  // PyThreadState that took it last
  bool collecting = false;
};

enum class ReadOutcome : std::uint8_t {
  consistent,  // every wanted thread is valid
  torn,        // at least one is not
  not_ready,   // there is no interpreter with a thread
  gone,        // no such process
  refused,     // the kernel does not let us
  lost,        // the runtime is not where it was: another program image
};

class StackReader {
 public:
  StackReader(RemoteMemory& memory, const Layout& layout, Address runtime, CodeCache& codes);

  // Reads the threads that are wanted; clears their mark.
  [[nodiscard]] ReadOutcome read();
  // Threads may have come or gone without a trace in the heads of the lists.
  void forget_lists() { lists_known_ = false; }
  [[nodiscard]] ReadOutcome list();

  [[nodiscard]] std::vector<std::unique_ptr<PythonThread>>& threads() { return threads_; }
  [[nodiscard]] const std::vector<Interpreter>& interpreters() const { return interpreters_; }
  [[nodiscard]] const Interpreter* interpreter_of(const PythonThread& thread) const;
  [[nodiscard]] std::uint64_t retries() const { return retries_; }
  // Changes with every change of threads().
  [[nodiscard]] std::uint64_t list_version() const { return list_version_; }

 private:
  struct Part {  // of one copy: which thread
    PythonThread* thread = nullptr;
    std::size_t first_range = 0, last_range = 0;
  };
  enum class Attempt : std::uint8_t { done, again, relist, failed };
  [[nodiscard]] Attempt attempt(int number);
  void plan_lists();
  void plan_thread(PythonThread& thread);
  [[nodiscard]] bool take_lists();
  [[nodiscard]] bool take_thread(PythonThread& thread);
  struct Copies {  // one after another
    const std::uint8_t* first = nullptr;
    std::size_t size = 0, count = 0;
  };
  enum class FramePlace : std::uint8_t { leaf, caller, caller_of_c };
  [[nodiscard]] bool walk(PythonThread& thread, Address leaf, const Copies& copies);
  [[nodiscard]] bool agrees(const Copies& copies, std::size_t at, std::size_t span, FramePlace place) const;
  [[nodiscard]] std::size_t copies_for(const PythonThread& thread) const;
  void confirm_codes();
  [[nodiscard]] ReadOutcome failure() const;
  void add(Address from, std::size_t size);
  void after_short_read(std::size_t whole_ranges);

  RemoteMemory& memory_;
  const Layout& layout_;
  Address runtime_;
  CodeCache& codes_;
  int attempt_ = 0;  // of the current read
  std::size_t runtime_bytes_ = 0, interpreter_bytes_ = 0;
  std::uint32_t interpreter_from_ = 0;
  std::size_t thread_bytes_ = 0;  // of a PyThreadState that are read to know it
  std::size_t head_bytes_ = 0;    // and to read its stack
  std::size_t frame_bytes_ = 0;   // of a frame
  bool lists_known_ = false, unsettled_ = false;
  bool settled_ = false;  // the same frame ran before and after the copies were made
  std::uint64_t list_version_ = 0, retries_ = 0, reads_ = 0;
  std::vector<Interpreter> interpreters_;
  std::vector<std::unique_ptr<PythonThread>> threads_;
  std::vector<Part> parts_;
  std::vector<iovec> ranges_;
  std::vector<std::uint8_t> bytes_;
  std::size_t bytes_planned_ = 0;
  const std::uint8_t* cursor_ = nullptr;
  const std::uint8_t* planned_codes_ = nullptr;  // bytes of the code objects read with the frames; null: not read
  std::vector<Address> codes_seen_, codes_seen_before_;  // of the frames, in their order
  std::vector<Address> code_list_;                       // each once
};

}  // namespace rh::profiles::python
