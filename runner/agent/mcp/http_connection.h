// One connection of an HTTP client: heads, bodies and answers with their deadlines and bounds. Only http_connection.cpp
// and http_server.cpp see it, and Boost with it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "runner/agent/mcp/http_router.h"
#include "runner/agent/mcp/http_server.h"

namespace rh::agent::mcp {

constexpr std::size_t kWatchBytes = 4'096;

class Connection;

// What all connections have together.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void remove(const std::shared_ptr<Connection>& connection) = 0;
  [[nodiscard]] virtual bool take_body(std::size_t bytes) = 0;  // false: there is no room for more
  virtual void free_body(std::size_t bytes) = 0;
  virtual void add_unsent(std::size_t bytes) = 0;  // may close connections, the caller's too
  virtual void free_unsent(std::size_t bytes) = 0;
};

class Connection : public HttpPeer, public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionOwner& owner, HttpRouter& router)
      : socket_(std::move(socket)), owner_(owner), router_(router) {}

  void start() { read_head(); }
  void respond(HttpResponse response) override;
  void begin_stream(HttpResponse head) override;
  void write(std::string_view bytes) override;
  void end_stream() override;
  void close() override;

  [[nodiscard]] bool waits() const { return state_ == State::head; }
  [[nodiscard]] bool uploads() const { return state_ == State::body; }
  [[nodiscard]] std::size_t unsent_bytes() const { return unsent_bytes_; }
  [[nodiscard]] HttpStream::Clock::time_point deadline() const { return deadline_; }

 private:
  enum class State { head, body, answering, draining, closed };
  void read_head();
  void got_head(boost::system::error_code problem);
  void read_body();
  void got_some(boost::system::error_code problem);
  void got_body(boost::system::error_code problem);
  void read_some();
  void free_body();
  void watch();
  void send(std::string bytes);
  void send_next();
  void answered();
  void drain(std::size_t so_far);
  void fail_with(HttpResponse response);

  boost::asio::ip::tcp::socket socket_;
  ConnectionOwner& owner_;
  HttpRouter& router_;
  boost::beast::flat_buffer buffer_{kMaxFrameBytes + kMaxHeaderBytes + kWatchBytes};
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::deque<std::string> unsent_;
  std::size_t unsent_bytes_ = 0;
  std::size_t held_bytes_ = 0;  // of the body so far
  State state_ = State::head;
  bool watching_ = false, keep_ = true, done_ = false, streaming_ = false;
  HttpStream::Clock::time_point deadline_ = HttpStream::Clock::time_point::max();
};

}  // namespace rh::agent::mcp
