#include "runner/base/unique_fd.h"

#include <unistd.h>

namespace rh {

void UniqueFd::reset(int fd) {
  // EINTR on close leaves the descriptor closed on Linux: never retry.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace rh
