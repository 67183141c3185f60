// Lines of JSON over a socket, bounded.
#pragma once

#include <optional>
#include <string>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

class MessageChannel {
 public:
  explicit MessageChannel(UniqueFd socket) : socket_(std::move(socket)) {}
  // Thread-safe towards `receive`, not towards itself.
  [[nodiscard]] Result<void> send(std::string_view message) const;
  // Absent: the other side is gone. Waits.
  [[nodiscard]] Result<std::optional<std::string>> receive();
  [[nodiscard]] BorrowedFd descriptor() const { return socket_; }
  [[nodiscard]] bool has_line() const { return held_.find('\n') != std::string::npos; }

 private:
  UniqueFd socket_;
  std::string held_;
};

}  // namespace rh::agent
