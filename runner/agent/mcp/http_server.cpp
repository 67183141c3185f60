#include "runner/agent/mcp/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <optional>

#include <fmt/core.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "runner/agent/mcp/http_router.h"

namespace rh::agent::mcp {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = HttpStream::Clock;

constexpr std::size_t kWatchBytes = 4'096;
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::size_t kMaxDrainedBytes = 256 << 10;  // of a body that is refused, so that the refusal arrives

HttpRequest request_of(const http::request<http::string_body>& message) {
  HttpRequest request{std::string(message.method_string()), std::string(message.target()), {}, {}};
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  return request;
}

class Connections;

class Connection : public HttpPeer, public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Connections& owner, HttpRouter& router)
      : socket_(std::move(socket)), owner_(owner), router_(router) {}

  void start() { read_head(); }
  void respond(HttpResponse response) override;
  void begin_stream(HttpResponse head) override;
  void write(std::string_view bytes) override;
  void end_stream() override;
  void close() override;

  [[nodiscard]] bool waits() const { return state_ == State::head; }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

 private:
  enum class State { head, body, answering, draining, closed };
  void read_head();
  void got_head(error_code problem);
  void read_body();
  void got_body(error_code problem);
  void watch();
  void send(std::string bytes);
  void send_next();
  void answered();
  void drain(std::size_t so_far);
  void fail_with(HttpResponse response);

  tcp::socket socket_;
  Connections& owner_;
  HttpRouter& router_;
  boost::beast::flat_buffer buffer_{kMaxFrameBytes + kMaxHeaderBytes + kWatchBytes};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::deque<std::string> unsent_;
  std::size_t unsent_bytes_ = 0;
  State state_ = State::head;
  bool watching_ = false, keep_ = true, done_ = false, streaming_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
};

class Connections {
 public:
  Connections(asio::io_context& io, tcp::acceptor acceptor, Server& server, HttpAccess access)
      : acceptor_(std::move(acceptor)),
        timer_(io),
        pause_(io),
        router_(server, std::move(access), [&io](std::function<void()> work) { asio::post(io, std::move(work)); }) {}

  void start() {
    accept();
    tick();
  }
  void stop() {
    error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
    pause_.cancel();
    router_.stop();
    const auto all = all_;
    for (const auto& one : all) one->close();
  }
  void remove(const std::shared_ptr<Connection>& connection) { all_.remove(connection); }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code problem, tcp::socket socket) {
      if (problem == asio::error::operation_aborted) return;
      if (!problem) {
        take(std::move(socket));
        return accept();
      }
      // No descriptors are left, most likely: asking again at once would only burn time.
      pause_.expires_after(kAcceptPause);
      pause_.async_wait([this](error_code stopped) {
        if (!stopped) accept();
      });
    });
  }

  void take(tcp::socket socket) {
    if (all_.size() >= kMaxConnections) {
      // The list is in order of arrival; who answers slowly is not thrown out, who sends nothing is.
      const auto idle = std::find_if(all_.begin(), all_.end(), [](const auto& one) { return one->waits(); });
      if (idle == all_.end()) return;  // the new one is closed by going out of scope
      const auto oldest = *idle;       // close() takes it out of the list
      oldest->close();
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    all_.push_back(std::make_shared<Connection>(std::move(socket), *this, router_));
    all_.back()->start();
  }

  void tick() {
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](error_code problem) {
      if (problem) return;
      const auto now = Clock::now();
      const auto all = all_;
      for (const auto& one : all)
        if (one->deadline() < now) one->close();
      router_.tick(now);
      tick();
    });
  }

  tcp::acceptor acceptor_;
  asio::steady_timer timer_, pause_;
  HttpRouter router_;
  std::list<std::shared_ptr<Connection>> all_;
};

void Connection::read_head() {
  state_ = State::head;
  done_ = streaming_ = false;
  parser_.emplace();
  parser_->header_limit(kMaxHeaderBytes);
  parser_->body_limit(kMaxFrameBytes);
  deadline_ = Clock::now() + (buffer_.size() > 0 ? std::chrono::seconds(kHeaderTimeout) : kIdleTimeout);
  if (buffer_.size() > 0 || !keep_)
    return http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](error_code problem, std::size_t) { self->got_head(problem); });
  // The deadline of a head begins with its first byte.
  socket_.async_read_some(buffer_.prepare(kWatchBytes),
                          [self = shared_from_this()](error_code problem, std::size_t bytes) {
                            if (problem || self->state_ == State::closed) return self->close();
                            self->buffer_.commit(bytes);
                            self->read_head();
                          });
}

void Connection::got_head(error_code problem) {
  if (state_ == State::closed) return;
  if (problem == http::error::header_limit)
    return fail_with(plain_response(431, fmt::format("the head is longer than {} bytes", kMaxHeaderBytes)));
  if (problem == http::error::body_limit)
    return fail_with(plain_response(413, fmt::format("the body is longer than {} bytes", kMaxFrameBytes)));
  if (problem && problem.category() == http::make_error_code(http::error::bad_method).category() &&
      problem != http::error::end_of_stream && problem != http::error::partial_message)
    return fail_with(plain_response(400, "this is no HTTP/1.1 request"));
  if (problem) return close();
  const auto& head = parser_->get();
  keep_ = head.keep_alive();
  if (auto refused = router_.check_head(request_of(head))) return fail_with(std::move(*refused));
  const auto length = parser_->content_length();
  if (length && *length > kMaxFrameBytes)
    return fail_with(plain_response(413, fmt::format("the body is longer than {} bytes", kMaxFrameBytes)));
  if (head[http::field::expect] == "100-continue") send("HTTP/1.1 100 Continue\r\n\r\n");
  read_body();
}

void Connection::read_body() {
  state_ = State::body;
  deadline_ = Clock::now() + kBodyTimeout;
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](error_code problem, std::size_t) { self->got_body(problem); });
}

void Connection::got_body(error_code problem) {
  if (state_ == State::closed) return;
  if (problem == http::error::body_limit)
    return fail_with(plain_response(413, fmt::format("the body is longer than {} bytes", kMaxFrameBytes)));
  if (problem && problem.category() == http::make_error_code(http::error::bad_method).category() &&
      problem != http::error::partial_message)
    return fail_with(plain_response(400, "the body is not what its head says"));
  if (problem) return close();
  state_ = State::answering;
  deadline_ = Clock::time_point::max();
  HttpRequest request = request_of(parser_->get());
  request.body = std::move(parser_->get().body());
  watch();
  router_.handle(shared_from_this(), std::move(request));
}

// While an answer is awaited: the end of the connection, which may mean that nobody wants it any more.
void Connection::watch() {
  if (watching_ || buffer_.size() > 0) return;
  watching_ = true;
  socket_.async_read_some(buffer_.prepare(kWatchBytes),
                          [self = shared_from_this()](error_code problem, std::size_t bytes) {
                            self->watching_ = false;
                            if (self->state_ == State::closed) return;
                            if (problem) return self->close();
                            self->buffer_.commit(bytes);
                            if (self->state_ == State::head) self->read_head();
                          });
}

void Connection::send(std::string bytes) {
  if (state_ == State::closed || bytes.empty()) return;
  unsent_bytes_ += bytes.size();
  if (unsent_bytes_ > kMaxUnsentBytes) return close();
  unsent_.push_back(std::move(bytes));
  if (unsent_.size() == 1) send_next();
}

void Connection::send_next() {
  deadline_ = Clock::now() + kWriteTimeout;
  asio::async_write(socket_, asio::buffer(unsent_.front()),
                    [self = shared_from_this()](error_code problem, std::size_t) {
                      if (self->state_ == State::closed) return;
                      if (problem) return self->close();
                      self->unsent_bytes_ -= self->unsent_.front().size();
                      self->unsent_.pop_front();
                      if (!self->unsent_.empty()) return self->send_next();
                      if (self->state_ == State::answering) self->deadline_ = Clock::time_point::max();
                      if (self->done_) self->answered();
                    });
}

void Connection::respond(HttpResponse response) {
  if (done_ || state_ == State::closed) return;
  done_ = true;
  if (!keep_) response.close = true;
  if (response.close) keep_ = false;
  send(http_text(response));
}

void Connection::begin_stream(HttpResponse head) {
  if (done_ || state_ == State::closed) return;
  streaming_ = true;
  if (!keep_) head.close = true;
  send(http_text(head, true));
}

void Connection::write(std::string_view bytes) {
  if (streaming_ && !done_) send(http_chunk(bytes));
}

void Connection::end_stream() {
  if (!streaming_ || done_) return;
  done_ = true;
  send(std::string(http_last_chunk()));
}

// The response is out. A read that watches goes on as the one for the next request.
void Connection::answered() {
  router_.disconnected(*this);
  if (state_ == State::draining) return drain(0);
  if (!keep_) return close();
  state_ = State::head;
  if (!watching_) return read_head();
  done_ = streaming_ = false;
  deadline_ = Clock::now() + kIdleTimeout;
}

void Connection::fail_with(HttpResponse response) {
  state_ = State::draining;
  response.close = true;
  respond(std::move(response));
}

// Closing a socket with unread bytes resets the connection, and the refusal would be lost with it.
void Connection::drain(std::size_t so_far) {
  constexpr std::chrono::seconds kDrainTime{2};
  if (so_far == 0) {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    deadline_ = Clock::now() + kDrainTime;
  }
  if (so_far > kMaxDrainedBytes) return close();
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(kWatchBytes),
                          [self = shared_from_this(), so_far](error_code problem, std::size_t bytes) {
                            if (self->state_ == State::closed) return;
                            if (problem) return self->close();
                            self->drain(so_far + std::max<std::size_t>(bytes, 1));
                          });
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  const auto self = shared_from_this();
  error_code ignored;
  socket_.close(ignored);
  owner_.remove(self);
  router_.disconnected(*this);
}

Result<tcp::acceptor> listen_on(asio::io_context& io, const HttpOptions& options) {
  error_code problem;
  const auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, problem);
  if (problem) return fail(rh::ErrorKind::usage, "listen: this is no IP address", options.address);
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), problem);
  if (!problem) acceptor.set_option(tcp::acceptor::reuse_address(true), problem);
  if (!problem) acceptor.bind(endpoint, problem);
  if (!problem) acceptor.listen(asio::socket_base::max_listen_connections, problem);
  if (problem) return fail_errno("listen", fmt::format("{}:{}", options.address, options.port), problem.value());
  return acceptor;
}

}  // namespace

Result<void> serve_http(Server& server, const HttpOptions& options, BorrowedFd stop,
                        const std::function<void(std::uint16_t)>& listening,
                        const std::function<void(std::string_view)>& log) {
  asio::io_context io(1);
  auto acceptor = listen_on(io, options);
  if (!acceptor) return Failure{acceptor.error()};
  const std::uint16_t port = acceptor->local_endpoint().port();
  Connections connections(io, std::move(*acceptor), server, options.access);
  connections.start();
  asio::posix::stream_descriptor ending(io, ::dup(stop.fd));
  ending.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code) {
    connections.stop();
    io.stop();
  });
  listening(port);
  // What one request throws must not end the others.
  for (;;) try {
      io.run();
      break;
    } catch (const std::exception& problem) {
      log(problem.what());
    }
  server.stop();
  return {};
}

}  // namespace rh::agent::mcp
