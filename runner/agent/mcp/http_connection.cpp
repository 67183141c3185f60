#include "runner/agent/mcp/http_connection.h"

#include <algorithm>

#include <fmt/core.h>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace rh::agent::mcp {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = HttpStream::Clock;

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

}  // namespace

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
  if (parser_->is_done()) return got_body({});
  read_some();
}

// In parts, so that what all connections hold can be counted.
void Connection::read_some() {
  http::async_read_some(socket_, buffer_, *parser_,
                        [self = shared_from_this()](error_code problem, std::size_t) { self->got_some(problem); });
}

void Connection::got_some(error_code problem) {
  if (state_ == State::closed) return;
  if (problem || parser_->is_done()) return got_body(problem);
  const std::size_t now = parser_->get().body().size();
  const bool room = owner_.take_body(now - held_bytes_);
  held_bytes_ = now;
  if (!room)
    return fail_with(plain_response(
        503, fmt::format("bodies of more than {} bytes are under way; try again later", kMaxAllBodyBytes)));
  read_some();
}

void Connection::free_body() { owner_.free_body(std::exchange(held_bytes_, 0)); }

void Connection::got_body(error_code problem) {
  if (state_ == State::closed) return;
  free_body();
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
  const std::size_t more = bytes.size();
  unsent_bytes_ += more;
  unsent_.push_back(std::move(bytes));
  owner_.add_unsent(more);
  if (state_ == State::closed) return;
  if (unsent_bytes_ > kMaxUnsentBytes) return close();
  if (unsent_.size() == 1) send_next();
}

void Connection::send_next() {
  deadline_ = Clock::now() + kWriteTimeout;
  asio::async_write(socket_, asio::buffer(unsent_.front()),
                    [self = shared_from_this()](error_code problem, std::size_t) {
                      if (self->state_ == State::closed) return;
                      if (problem) return self->close();
                      self->unsent_bytes_ -= self->unsent_.front().size();
                      self->owner_.free_unsent(self->unsent_.front().size());
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
  free_body();
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
  free_body();
  owner_.free_unsent(std::exchange(unsent_bytes_, 0));
  owner_.remove(self);
  router_.disconnected(*this);
}

}  // namespace rh::agent::mcp
