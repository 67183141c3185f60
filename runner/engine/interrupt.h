// SIGINT and SIGTERM as a readable descriptor that every suite's supervision polls. The second one
// ends the process at once; the sandboxes die with it.
#pragma once

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/engine/outcome.h"

namespace rh::engine {

class Interrupt {
 public:
  // Installs the handlers; one per process.
  [[nodiscard]] static Result<Interrupt> install();
  Interrupt(Interrupt&& other) noexcept;
  Interrupt& operator=(Interrupt&&) = delete;
  ~Interrupt();

  // Readable from the first signal, or stop(), on; it is never drained.
  [[nodiscard]] BorrowedFd descriptor() const { return event_; }
  void stop(RunStop cause);             // the deadline's way to end the run
  [[nodiscard]] RunStop cause() const;  // the first one

 private:
  explicit Interrupt(UniqueFd event) : event_(std::move(event)) {}
  UniqueFd event_;
};

}  // namespace rh::engine
