#include "runner/app/caller_streams.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace rh::app {
namespace {

// A background process that sets terminal modes would be stopped by SIGTTOU.
class NoStop {
 public:
  NoStop() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~NoStop() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoStop(const NoStop&) = delete;
  NoStop& operator=(const NoStop&) = delete;

 private:
  sigset_t before_{};
};

bool same_modes(const termios& a, const termios& b) {
  for (std::size_t i = 0; i < NCCS; ++i)
    if (a.c_cc[i] != b.c_cc[i]) return false;
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag;
}

// In the background the terminal is another's by now: a shell at its prompt has modes of its own.
bool in_background(int fd) {
  const pid_t foreground = ::tcgetpgrp(fd);
  return foreground >= 0 && foreground != ::getpgrp();
}

}  // namespace

CallerStreams::CallerStreams() {
  for (int fd = 0; fd < kCount; ++fd) {
    Stream& stream = streams_[static_cast<std::size_t>(fd)];
    stream.flags = ::fcntl(fd, F_GETFL);
    if (stream.flags < 0) {
      // The lowest free number is this one, since those below are open by now.
      stream.was_closed = true;
      [[maybe_unused]] const int filler = ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
      continue;
    }
    termios modes{};
    if (::tcgetattr(fd, &modes) == 0) stream.modes = modes;
  }
}

CallerStreams::~CallerStreams() { restore(); }

void CallerStreams::restore() const {
  for (int fd = 0; fd < kCount; ++fd) {
    const Stream& stream = at(fd);
    if (stream.was_closed) continue;
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && flags != stream.flags) ::fcntl(fd, F_SETFL, stream.flags);
    termios modes{};
    if (!stream.modes || in_background(fd)) continue;
    if (::tcgetattr(fd, &modes) != 0 || same_modes(modes, *stream.modes)) continue;
    const NoStop blocked;
    ::tcsetattr(fd, TCSANOW, &*stream.modes);
  }
}

}  // namespace rh::app
