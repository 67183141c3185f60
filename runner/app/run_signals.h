// The signals that end `run`: the first one asks the command to end, a second one ends it at once. What
// is sent to the supervision is a readable descriptor; the handlers of `test` (engine::Interrupt) leave
// the process instead, because its event log survives that. Ctrl-Z and a new window size are passed on.
#pragma once

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::app {

class RunSignals {
 public:
  // Installs the handlers; one per process. A signal that the caller ignores stays ignored.
  [[nodiscard]] static Result<RunSignals> install();
  RunSignals(RunSignals&& other) noexcept = default;
  RunSignals& operator=(RunSignals&&) = delete;
  ~RunSignals();

  // Readable from the first signal, or stop(), on; never drained.
  [[nodiscard]] BorrowedFd descriptor() const { return event_; }
  [[nodiscard]] BorrowedFd second() const { return second_; }  // likewise, from the second signal on
  [[nodiscard]] int first() const;                             // 0: none came
  // Whom a second signal, or stop(), kills.
  void watch(int pid);
  // Ends the command at once; for whoever counts its output.
  void stop() const;

 private:
  RunSignals(UniqueFd event, UniqueFd second) : event_(std::move(event)), second_(std::move(second)) {}
  UniqueFd event_, second_;
  UniqueFd command_;
};

}  // namespace rh::app
