// A small program that comes with runharness and does what one without shared libraries cannot: where it is, and one of
// it that runs.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "runner/base/unique_fd.h"

namespace rh::agent {

// `name` beside `program`, in ../libexec/runharness, or as the environment's `variable` names it; empty: there is none.
[[nodiscard]] std::filesystem::path helper_program(const std::filesystem::path& program, const std::string& name,
                                                   const char* variable);

// Our child until it is reaped; killed when nobody waits for it any more.
class HelperProcess {
 public:
  // No `output`: nobody reads it.
  HelperProcess(const std::filesystem::path& program, BorrowedFd input, BorrowedFd output);
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;
  ~HelperProcess();
  [[nodiscard]] bool started() const { return pid_ > 0; }
  // It goes on without us.
  void let_go() { pid_ = -1; }

 private:
  pid_t pid_ = -1;
};

}  // namespace rh::agent
