// Starts a child from a plan with clone3 and owns its tree: whatever happens, the tree dies with
// the owner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "sandbox/child_plan.h"
#include "sandbox/user_namespace.h"

namespace rh::sandbox {

struct SpawnOptions {
  std::uint64_t clone_flags = 0;  // CLONE_NEW*
  Identity identity;
  BorrowedFd cgroup;                  // cgroup2 folder to start in; none when not valid
  std::function<void(int pid)> held;  // called while the child waits to go its way
};

// The runner's ends of a running child.
class InitProcess {
 public:
  InitProcess() = default;
  InitProcess(InitProcess&& other) noexcept = default;
  InitProcess& operator=(InitProcess&& other) noexcept;
  ~InitProcess() { end(); }

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] BorrowedFd pidfd() const { return pidfd_; }
  [[nodiscard]] BorrowedFd status() const { return status_; }
  void command(InitCommand what) const;
  // The next call of next_message() gives this one again.
  void put_back(const InitMessage& message) { held_.push_back(message); }
  void kill() const;
  // Next record, without waiting; nullopt when there is none. After the child's end: the rest, then none.
  [[nodiscard]] std::optional<InitMessage> next_message();
  // Waits for the process itself to be gone, at most so long.
  bool wait(int milliseconds);

 private:
  friend Result<InitProcess> spawn(ChildPlan& plan, const SpawnOptions& options);
  void end();
  int pid_ = 0;
  UniqueFd pidfd_, status_, command_;
  std::vector<InitMessage> held_;
};

// Returns once the child may go its way. `plan` must outlive the call only.
[[nodiscard]] Result<InitProcess> spawn(ChildPlan& plan, const SpawnOptions& options);

}  // namespace rh::sandbox
