// Starts the command that is profiled as the caller's shell would: same environment, folder, terminal,
// descriptors and process group. It is held before exec until release(), so that counters can be opened on it.
#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

#include "profiles/profiler.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/ending.h"

namespace rh::profiles {

struct TargetEnd {
  model::WaitStatus status;
  rusage usage{};       // of the target and the children it waited for
  int start_errno = 0;  // the command could not be started
};

class Target {
 public:
  // Forks; call it before any thread is started.
  [[nodiscard]] static Result<Target> start(const Launch& launch);
  Target(Target&&) noexcept = default;
  Target& operator=(Target&&) = delete;
  ~Target();

  [[nodiscard]] int pid() const { return pid_; }
  // Lets it call exec. An Error when the command cannot be started: sys_errno says why.
  [[nodiscard]] Result<void> release();
  // Waits for its end. A Ctrl-C at the terminal reaches it without us; what is sent to this process only is
  // passed on. This process stays.
  [[nodiscard]] TargetEnd wait();

 private:
  Target(int pid, UniqueFd gate, UniqueFd failure) : pid_(pid), gate_(std::move(gate)), failure_(std::move(failure)) {}
  int pid_ = -1;
  UniqueFd gate_, failure_;
};

}  // namespace rh::profiles
