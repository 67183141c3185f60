// Descriptors 0 to 2 as the caller handed them over: what the command may leave changed in them is set
// back at the end, and one that was closed is kept from becoming anything else.
#pragma once

#include <termios.h>

#include <array>
#include <optional>

#include "runner/base/unique_fd.h"

namespace rh::app {

class CallerStreams {
 public:
  static constexpr int kCount = 3;

  CallerStreams();
  CallerStreams(const CallerStreams&) = delete;
  CallerStreams& operator=(const CallerStreams&) = delete;
  ~CallerStreams();  // restores

  // The command shares the descriptions: terminal modes, O_NONBLOCK and the like reach the caller.
  void restore() const;
  [[nodiscard]] bool open(int fd) const { return !at(fd).was_closed; }
  [[nodiscard]] bool terminal(int fd) const { return at(fd).modes.has_value(); }

 private:
  struct Stream {
    bool was_closed = false;
    int flags = 0;
    std::optional<termios> modes;
  };
  [[nodiscard]] const Stream& at(int fd) const { return streams_[static_cast<std::size_t>(fd)]; }

  std::array<Stream, kCount> streams_;
};

}  // namespace rh::app
