// runharness-jupyter: runs code in a kernel of a Jupyter server, for runharness. A program of its own, since names and
// TLS need shared libraries, and since what a server sends is then read by a process that has nothing else. The token
// reaches it by its standard input, never its arguments.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "runner/agent/jupyter/jupyter_events.h"
#include "runner/agent/jupyter/kernel_run.h"
#include "runner/agent/jupyter/wire.h"

namespace rh::agent {
namespace {

using nlohmann::json;

void tell(const json& event) {
  const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t done = ::write(STDOUT_FILENO, line.data() + at, line.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return;  // nobody reads: the input has ended, too, which is a cancel
    at += static_cast<std::size_t>(done);
  }
}

int give_up(const char* kind, const std::string& message) {
  tell({{"event", "problem"}, {"kind", kind}, {"message", message}});
  return 1;
}

bool read_line(std::string& line) {
  char bytes[65536];
  while (line.empty() || line.back() != '\n') {
    const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || line.size() + static_cast<std::size_t>(got) > kMaxJupyterRequest) return false;
    line.append(bytes, static_cast<std::size_t>(got));
  }
  return true;
}

int run() {
  ::signal(SIGPIPE, SIG_IGN);
  std::string line;
  if (!read_line(line)) return give_up("service", "the request on standard input is not one");
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object()) return give_up("service", "the request on standard input is no JSON");
  Wire wire({request.value("host", ""), request.value("port", "8888"), request.value("base", "/"),
             request.value("tls", false), request.value("token", "")},
            STDIN_FILENO);
  KernelRun kernel(request, wire, tell);
  const auto done = kernel.run();
  if (done) return 0;
  const Error& error = done.error();
  return give_up(error.kind == ErrorKind::not_found   ? "runtime"
                 : error.kind == ErrorKind::cancelled ? "cancelled"
                                                      : "service",
                 error.message());
}

}  // namespace
}  // namespace rh::agent

int main() {
  int code = 1;
  try {
    code = rh::agent::run();
  } catch (const std::exception& problem) {
    code = rh::agent::give_up("service", problem.what());
  }
  std::_Exit(code);  // a look-up that hangs cannot be ended otherwise
}
