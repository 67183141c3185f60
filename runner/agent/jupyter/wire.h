// HTTP and WebSocket to one Jupyter server, each step with a deadline of its own, so that a server that hangs cannot
// hold up anything. Nothing is known here of Jupyter's messages. Only for runharness-jupyter, a program of its own:
// looking up names and TLS need shared libraries.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "runner/agent/jupyter/jupyter_place.h"
#include "runner/base/result.h"

namespace rh::agent {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::uint64_t kMaxJupyterAnswer = 8ULL << 20;    // of a request
constexpr std::uint64_t kMaxJupyterMessage = 64ULL << 20;  // of a kernel

struct JupyterAnswer {
  unsigned status = 0;
  std::string body;
};

class Wire {
 public:
  // `cancel_fd`: readable when everything is to end; -1: never.
  Wire(JupyterPlace place, int cancel_fd);
  ~Wire();
  Wire(const Wire&) = delete;

  // Errors: io (unreachable, no answer in time, cut, no HTTP), limit, cancelled.
  [[nodiscard]] Result<JupyterAnswer> ask(const std::string& verb, const std::string& path, const std::string& body,
                                          Deadline deadline);
  // The WebSocket; its messages are read from now on.
  [[nodiscard]] Result<void> open(const std::string& path, Deadline deadline);
  [[nodiscard]] Result<void> send(const std::string& text, Deadline deadline);
  // The next message; absent: the deadline passed, or cancelled() is true.
  [[nodiscard]] Result<std::optional<std::string>> receive(Deadline deadline);

  [[nodiscard]] bool cancelled() const;
  // What is done to clean up is done whether or not someone cancelled.
  void ignore_cancel();
  [[nodiscard]] std::string url() const;

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rh::agent
