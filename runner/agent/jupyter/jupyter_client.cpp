#include "runner/agent/jupyter/jupyter_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/http/helper_process.h"
#include "runner/agent/jupyter/jupyter_events.h"
#include "runner/base/clock.h"

namespace rh::agent {
namespace {

using nlohmann::json;

Failure died(const char* how) {
  return fail(ErrorKind::process, fmt::format("hear runharness-jupyter: {}", how), "runharness-jupyter");
}

Result<void> send_request(const UniqueFd& socket, const json& request) {
  const std::string line = request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  if (line.size() > kMaxJupyterRequest)
    return fail(ErrorKind::limit,
                fmt::format("ask the Jupyter server: the request is longer than {} MiB", kMaxJupyterRequest >> 20));
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t sent = ::send(socket.get(), line.data() + at, line.size() - at, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return died("it does not listen");
    at += static_cast<std::size_t>(sent);
  }
  return {};
}

// Whole lines of what was read so far.
Result<void> take_lines(std::string& held, std::size_t fresh, const std::function<void(const json&)>& take) {
  std::size_t begin = 0;
  for (std::size_t end = held.find('\n', held.size() - fresh); end != std::string::npos; end = held.find('\n', begin)) {
    const json event = json::parse(held.begin() + static_cast<std::ptrdiff_t>(begin),
                                   held.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (!event.is_object()) return died("it spoke another language");
    take(event);
    begin = end + 1;
  }
  held.erase(0, begin);
  if (held.size() > kMaxJupyterEvent) return died("an event is longer than it can be");
  return {};
}

}  // namespace

std::filesystem::path jupyter_program(const std::filesystem::path& program) {
  return helper_program(program, "runharness-jupyter", "RUNHARNESS_JUPYTER_PROGRAM");
}

Result<void> converse_with_jupyter(const std::filesystem::path& helper, const json& request, BorrowedFd cancel,
                                   std::chrono::milliseconds patience, const std::function<void(const json&)>& take) {
  std::array<int, 2> sockets{-1, -1}, pipes{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return fail_errno("make a socket for runharness-jupyter", "socketpair");
  const UniqueFd control(sockets[0]);
  UniqueFd their_control(sockets[1]);
  if (::pipe2(pipes.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe for runharness-jupyter", "pipe2");
  const UniqueFd output(pipes[0]);
  UniqueFd their_output(pipes[1]);
  const HelperProcess process(helper, their_control, their_output);
  their_control.reset();
  their_output.reset();
  if (!process.started()) return died("it cannot be started");
  RH_CHECK(send_request(control, request));
  const Nanoseconds deadline = monotonic_now() + patience;
  std::string held;
  std::array<char, 65536> buffer;
  bool told = false;  // that the answer is not wanted any more
  for (;;) {
    std::array<pollfd, 2> waits{{{output.get(), POLLIN, 0}, {told ? -1 : cancel.fd, POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - monotonic_now()).count();
    if (left <= 0) return died("it does not end");  // it keeps all times itself
    if (::poll(waits.data(), waits.size(), static_cast<int>(std::min<long long>(left, 60'000))) < 0 && errno != EINTR)
      return fail_errno("wait for runharness-jupyter", "poll");
    if (waits[1].revents != 0) {
      told = true;
      ::shutdown(control.get(), SHUT_WR);
    }
    if (waits[0].revents == 0) continue;
    const ssize_t got = ::read(output.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    held.append(buffer.data(), static_cast<std::size_t>(got));
    RH_CHECK(take_lines(held, static_cast<std::size_t>(got), take));
  }
}

}  // namespace rh::agent
