// Group D: output that floods, deceives or reaches a terminal.
#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// flood FD BYTES: zero-free bytes as fast as they go.
int flood(Arguments arguments) {
  const int fd = static_cast<int>(number(arguments[0]));
  auto left = static_cast<std::size_t>(number(arguments[1]));
  const std::vector<char> block(1U << 16, 'f');
  while (left > 0) {
    const ssize_t count = write(fd, block.data(), std::min(left, block.size()));
    if (count < 0) return errno;
    left -= static_cast<std::size_t>(count);
  }
  return 0;
}

// terminal: opens /dev/tty and writes to it.
int terminal(Arguments) {
  Acts acts;
  const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (acts.note("open", "/dev/tty", fd)) acts.note("write", "/dev/tty", static_cast<long>(write(fd, "typed", 5)));
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"flood", "FD BYTES", 2, flood},
    {"terminal", "", 0, terminal},
};

}  // namespace

std::span<const Probe> output_probes() { return kProbes; }

}  // namespace rh::probe
