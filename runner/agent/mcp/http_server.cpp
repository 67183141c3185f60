#include "runner/agent/mcp/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <list>

#include <fmt/core.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runner/agent/mcp/http_connection.h"

namespace rh::agent::mcp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = HttpStream::Clock;

constexpr std::chrono::milliseconds kAcceptPause{100};

class Connections : public ConnectionOwner {
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
  void remove(const std::shared_ptr<Connection>& connection) override { all_.remove(connection); }
  // False: there is no room for more.
  [[nodiscard]] bool take_body(std::size_t bytes) override {
    body_bytes_ += bytes;
    return body_bytes_ <= kMaxAllBodyBytes;
  }
  void free_body(std::size_t bytes) override { body_bytes_ -= bytes; }
  void add_unsent(std::size_t bytes) override {
    unsent_bytes_ += bytes;
    while (unsent_bytes_ > kMaxAllUnsentBytes && !all_.empty()) {
      const auto most = *std::max_element(
          all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a->unsent_bytes() < b->unsent_bytes(); });
      most->close();
    }
  }
  void free_unsent(std::size_t bytes) override { unsent_bytes_ -= bytes; }

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
      // The list is in order of arrival; who waits for an answer is not thrown out, who sends nothing, or half a body
      // for long, is.
      auto idle = std::find_if(all_.begin(), all_.end(), [](const auto& one) { return one->waits(); });
      if (idle == all_.end())
        idle = std::find_if(all_.begin(), all_.end(), [](const auto& one) { return one->uploads(); });
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
  std::size_t body_bytes_ = 0, unsent_bytes_ = 0;
};

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
