// Standard input from a regular file goes through a pipe. The file itself would lead the command to the
// mount on which its caller opened it: opened again through /proc/self/fd/0, it is outside of the
// sandbox's read-only tree.
#pragma once

#include <thread>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::sandbox {

class InputFeed {
 public:
  InputFeed() = default;
  // The command's end of the pipe; the feed reads on from the present offset of `file`.
  [[nodiscard]] Result<UniqueFd> start(BorrowedFd file);
  InputFeed(const InputFeed&) = delete;
  InputFeed& operator=(const InputFeed&) = delete;
  ~InputFeed();  // stops, whatever is left to feed

 private:
  void feed();
  UniqueFd file_, pipe_, stop_;
  std::thread thread_;
};

}  // namespace rh::sandbox
