#include "runner/agent/mcp/stdio_server.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/mcp/batch_outlet.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr std::size_t kReadBytes = 64 << 10;
// A client that closes its end may have asked something short right before.
constexpr std::chrono::milliseconds kLastAnswers{300};

// A client that does not read holds up who writes to it, but neither the end of the server nor a signal: what is
// written at once fits into a pipe that poll calls writable.
class LineWriter {
 public:
  LineWriter(BorrowedFd output, BorrowedFd stop) : output_(output), stop_(stop) {}

  void write(const json& message) {
    const std::string line = wire_text(message) + "\n";
    const std::lock_guard lock(mutex_);
    std::string_view rest = line;
    while (!rest.empty() && !gone_) {
      if (!wait_until_writable()) continue;
      const ssize_t sent = ::write(output_.fd, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (sent > 0)
        rest.remove_prefix(static_cast<std::size_t>(sent));
      else if (sent == 0 || !is_for_later(errno))
        gone_ = true;  // the client has closed its end
    }
  }

  // From now on nobody waits for the client for long.
  void close_soon() { closing_ = true; }

 private:
  static bool is_for_later(int error) { return error == EINTR || error == EAGAIN || error == EWOULDBLOCK; }

  bool wait_until_writable() {
    constexpr int kLookMs = 500;
    std::array<pollfd, 2> watched{pollfd{output_.fd, POLLOUT, 0}, {stop_.fd, POLLIN, 0}};
    const int ready = ::poll(watched.data(), stop_.valid() ? 2 : 1, kLookMs);
    if (watched[0].revents != 0) return true;
    if ((ready == 0 && closing_) || watched[1].revents != 0) gone_ = true;
    return false;
  }

  BorrowedFd output_, stop_;
  std::mutex mutex_;
  std::atomic<bool> closing_{false};
  bool gone_ = false;
};

class StdioOutlet : public Outlet {
 public:
  explicit StdioOutlet(LineWriter& writer) : writer_(writer) {}
  void send(const json& message) override { writer_.write(message); }
  void finish(const json& response, int) override { writer_.write(response); }
  void abandon() override {}

 private:
  LineWriter& writer_;
};

class Connection {
 public:
  Connection(Server& server, BorrowedFd output, BorrowedFd stop)
      : server_(server), writer_(output, stop), session_(std::make_shared<Session>("stdio")) {
    session_->set_notices([this](const json& message) { writer_.write(message); });
    server_.join(session_);
  }
  // Before the writer goes.
  ~Connection() { session_->set_notices({}); }

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view part = bytes.substr(0, end);
      if (!skipping_ && line_.size() + part.size() > kMaxFrameBytes) {
        skipping_ = true;
        line_.clear();
        line_.shrink_to_fit();
        writer_.write(error_message(nullptr, kInvalidRequest,
                                    fmt::format("the message is longer than {} bytes", kMaxFrameBytes)));
      }
      if (!skipping_) line_ += part;
      if (end == std::string_view::npos) return;
      end_line();
      bytes.remove_prefix(end + 1);
    }
  }

  void end_line() {
    if (!std::exchange(skipping_, false)) receive(line_);
    line_.clear();
  }

  // Short calls end, then everything is cancelled.
  void close() {
    writer_.close_soon();
    const auto deadline = std::chrono::steady_clock::now() + kLastAnswers;
    constexpr std::chrono::milliseconds kLook{5};
    while (session_->in_flight() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(kLook);
    session_->cancel_all();
  }

 private:
  void receive(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    const Frame frame = read_frame(line);
    if (frame.error_code != 0) return writer_.write(error_message(frame.error_id.get(), frame.error_code, frame.error));
    if (frame.batch && session_->requester("stdio").version != "2025-03-26")
      return writer_.write(error_message(nullptr, kInvalidRequest, "batches exist in revision 2025-03-26 only"));
    std::size_t requests = 0;
    for (const Message& message : frame.messages) requests += message.kind == Message::Kind::request ? 1 : 0;
    std::shared_ptr<Outlet> outlet = std::make_shared<StdioOutlet>(writer_);
    if (frame.batch && requests > 0) outlet = std::make_shared<BatchOutlet>(outlet, requests);
    for (const Message& message : frame.messages)
      server_.receive(session_, message, outlet, "stdio", Server::era_of(message, false));
  }

  Server& server_;
  LineWriter writer_;
  std::shared_ptr<Session> session_;
  std::string line_;
  bool skipping_ = false;
};

// Until the input ends (true) or `stop` is readable (false).
Result<bool> read_messages(Connection& connection, BorrowedFd input, BorrowedFd stop) {
  std::string bytes(kReadBytes, '\0');
  std::array<pollfd, 2> watched{pollfd{input.fd, POLLIN, 0}, {stop.fd, POLLIN, 0}};
  for (;;) {
    if (::poll(watched.data(), stop.valid() ? 2 : 1, -1) < 0) {
      if (errno == EINTR) continue;
      return fail_errno("wait for messages", "standard input");
    }
    if (watched[1].revents != 0) return false;
    const ssize_t got = ::read(input.fd, bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno("read messages", "standard input");
    if (got == 0) return true;
    connection.take({bytes.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace

Result<void> serve_stdio(Server& server, BorrowedFd input, BorrowedFd output, BorrowedFd stop) {
  Connection connection(server, output, stop);
  const Result<bool> ended = read_messages(connection, input, stop);
  if (ended && *ended) {
    connection.end_line();
    connection.close();
  }
  server.stop();  // before the connection goes, which calls write to
  if (!ended) return Failure{ended.error()};
  return {};
}

}  // namespace rh::agent::mcp
