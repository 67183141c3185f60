// Carries the command's output to the caller byte for byte while it is counted. A thread of its own does
// it: a reader of ours that stands still must not keep the supervision from seeing that time is up. When
// such a reader goes away the command meets a closed pipe, as it would in a pipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "runner/app/caller_streams.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::app {

class OutputRelay {
 public:
  // Streams that are a terminal go to the command as they are, all of them when there is no limit.
  [[nodiscard]] static Result<OutputRelay> make(const CallerStreams& caller, std::optional<std::uint64_t> limit_bytes);
  OutputRelay(OutputRelay&&) noexcept;
  OutputRelay& operator=(OutputRelay&&) = delete;
  ~OutputRelay();

  [[nodiscard]] BorrowedFd output() const { return output_; }  // what the command gets as descriptor 1
  [[nodiscard]] BorrowedFd error() const { return error_; }    // and as 2
  [[nodiscard]] bool counts() const { return state_ != nullptr; }

  // Begins to carry; `over_limit` is called once, from the relay's thread.
  void start(std::function<void()> over_limit);
  // The tree is dead: carries what is left. False when a slow reader of ours had not taken all of it by
  // the time `abort` was readable or the patience was over; may be called again.
  [[nodiscard]] bool finish(BorrowedFd abort, std::optional<std::chrono::milliseconds> patience);
  [[nodiscard]] bool over_limit() const;

 private:
  struct State;
  OutputRelay();

  BorrowedFd output_, error_;
  // Shared with the thread, which is left behind when it still stands in a write that nobody reads.
  std::shared_ptr<State> state_;
};

}  // namespace rh::app
