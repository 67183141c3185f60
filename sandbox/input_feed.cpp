#include "sandbox/input_feed.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sandbox/signals.h"

namespace rh::sandbox {

Result<UniqueFd> InputFeed::start(BorrowedFd file) {
  file_ = UniqueFd(fcntl(file.fd, F_DUPFD_CLOEXEC, 3));
  stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC));
  int ends[2];
  if (!file_ || !stop_ || pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for standard input", "pipe2");
  UniqueFd read_end(ends[0]);
  pipe_ = UniqueFd(ends[1]);
  fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
  // Threads inherit the mask: SIGPIPE must not end the runner when the command reads no more.
  const AllSignalsBlocked blocked;
  thread_ = std::thread([this] { feed(); });
  return read_end;
}

InputFeed::~InputFeed() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t told = write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void InputFeed::feed() {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t held = read(file_.get(), buffer.data(), buffer.size());
    if (held < 0 && errno == EINTR) continue;
    if (held <= 0) break;
    for (ssize_t sent = 0; sent < held;) {
      const ssize_t count = write(pipe_.get(), buffer.data() + sent, static_cast<std::size_t>(held - sent));
      if (count >= 0) {
        sent += count;
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return pipe_.reset();
      pollfd events[2] = {{pipe_.get(), POLLOUT, 0}, {stop_.get(), POLLIN, 0}};
      if (poll(events, 2, -1) < 0 && errno != EINTR) return pipe_.reset();
      if ((events[1].revents & POLLIN) != 0) return pipe_.reset();
    }
  }
  pipe_.reset();
}

}  // namespace rh::sandbox
