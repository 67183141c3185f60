#include "runner/agent/jupyter/wire.h"

#include <deque>
#include <type_traits>
#include <variant>

#include <fmt/core.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace rh::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

// Servers without a token compare this cookie with this header, and nothing else.
constexpr std::string_view kXsrf = "72756e6861726e657373";

template <class Stream>
struct Exchange {
  Stream stream;
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  http::response_parser<http::string_body> parser;
};

template <class Stream>
struct Channel {
  websocket::stream<Stream> stream;
  beast::flat_buffer buffer;
  websocket::response_type greeting;
  std::deque<std::string> received;
  error_code ended;
  bool reading = false;
};

constexpr std::size_t kReadAhead = 16;  // messages; a kernel that prints faster than it is heard has to wait

}  // namespace

class Wire::Connection {
 public:
  Connection(JupyterPlace place, int cancel_fd) : place_(std::move(place)), tls_(asio::ssl::context::tls_client) {
    if (place_.tls) {
      tls_.set_default_verify_paths();
      tls_.set_verify_mode(asio::ssl::verify_peer);
    }
    if (cancel_fd < 0) return;
    cancel_.emplace(io_, ::dup(cancel_fd));
    cancel_->async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code problem) {
      if (!problem) cancelled_ = true;
    });
  }

  Result<JupyterAnswer> ask(const std::string& verb, const std::string& path, const std::string& body,
                            Deadline deadline) {
    if (place_.tls) return ask_by<Secure>(verb, path, body, deadline);
    return ask_by<Plain>(verb, path, body, deadline);
  }
  Result<void> open(const std::string& path, Deadline deadline) {
    if (place_.tls) return open_by<Secure>(path, deadline);
    return open_by<Plain>(path, deadline);
  }
  Result<void> send(const std::string& text, Deadline deadline) {
    if (auto* channel = std::get_if<std::shared_ptr<Channel<Secure>>>(&channel_))
      return send_by(*channel, text, deadline);
    if (auto* channel = std::get_if<std::shared_ptr<Channel<Plain>>>(&channel_))
      return send_by(*channel, text, deadline);
    return fail(ErrorKind::internal, "send a message: there is no channel");
  }
  Result<std::optional<std::string>> receive(Deadline deadline) {
    if (auto* channel = std::get_if<std::shared_ptr<Channel<Secure>>>(&channel_)) return receive_by(*channel, deadline);
    if (auto* channel = std::get_if<std::shared_ptr<Channel<Plain>>>(&channel_)) return receive_by(*channel, deadline);
    return fail(ErrorKind::internal, "read a message: there is no channel");
  }
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  void ignore_cancel() { heeds_cancel_ = false; }
  [[nodiscard]] std::string url() const { return place_.url(); }

 private:
  [[nodiscard]] bool stopped() const { return heeds_cancel_ && cancelled_; }

  // Runs what waits until `done`, the deadline or a cancel.
  template <class Done>
  void run(Done done, Deadline deadline) {
    while (!done() && !stopped() && std::chrono::steady_clock::now() < deadline) {
      if (io_.stopped()) io_.restart();
      io_.run_one_until(deadline);
    }
  }

  // One asynchronous step: `begin` starts it and is given the handler.
  template <class Begin>
  Result<void> step(const char* what, Begin begin, Deadline deadline) {
    const auto result = std::make_shared<std::optional<error_code>>();
    last_ = {};
    begin([result](const error_code& problem, const auto&...) { *result = problem; });
    run([&] { return result->has_value(); }, deadline);
    if (!result->has_value()) {
      if (stopped()) return fail(ErrorKind::cancelled, "wait for the Jupyter server", url());
      return fail(ErrorKind::io, fmt::format("{}: no answer in time", what), url());
    }
    last_ = **result;
    if (!**result) return {};
    if (**result == http::error::body_limit)
      return fail(ErrorKind::limit, fmt::format("{}: its answer is longer than allowed", what), url());
    return fail(ErrorKind::io, fmt::format("{}: {}", what, (*result)->message()), url());
  }

  template <class Stream>
  Stream new_stream() {
    if constexpr (std::is_same_v<Stream, Secure>)
      return Secure(Tcp::socket(io_), tls_);
    else
      return Plain(Tcp::socket(io_));
  }

  template <class Stream, class Keep>
  Result<void> connect(Stream& stream, const Keep& keep, Deadline deadline) {
    const auto resolver = std::make_shared<Tcp::resolver>(io_);
    const auto found = std::make_shared<Tcp::resolver::results_type>();
    RH_CHECK(step(
        "look up the Jupyter server",
        [&](auto done) {
          resolver->async_resolve(place_.host, place_.port,
                                  [resolver, found, done](error_code problem, Tcp::resolver::results_type results) {
                                    *found = std::move(results);
                                    done(problem);
                                  });
        },
        deadline));
    RH_CHECK(step(
        "connect to the Jupyter server",
        [&](auto done) {
          beast::get_lowest_layer(stream).async_connect(
              *found, [keep, done](error_code problem, const Tcp::endpoint&) { done(problem); });
        },
        deadline));
    if constexpr (std::is_same_v<Stream, Secure>) {
      SSL_set_tlsext_host_name(stream.native_handle(), place_.host.c_str());
      stream.set_verify_callback(asio::ssl::host_name_verification(place_.host));
      RH_CHECK(step(
          "agree on TLS with the Jupyter server",
          [&](auto done) {
            stream.async_handshake(asio::ssl::stream_base::client, [keep, done](error_code problem) { done(problem); });
          },
          deadline));
    }
    return {};
  }

  template <class Fields>
  void put_headers(Fields& fields) const {
    fields.set(http::field::user_agent, "runharness");
    if (!place_.token.empty()) fields.set(http::field::authorization, "token " + place_.token);
    fields.set(http::field::cookie, "_xsrf=" + std::string(kXsrf));
    fields.set("X-XSRFToken", std::string(kXsrf));
  }
  template <class Stream>
  Result<JupyterAnswer> ask_by(const std::string& verb, const std::string& path, const std::string& body,
                               Deadline deadline) {
    const std::shared_ptr<Exchange<Stream>> exchange(new Exchange<Stream>{new_stream<Stream>(), {}, {}, {}});
    RH_CHECK(connect(exchange->stream, exchange, deadline));
    auto& request = exchange->request;
    request.method_string(verb);
    request.target(place_.base + path);
    request.version(11);
    request.set(http::field::host, place_.authority());
    request.set(http::field::connection, "close");
    put_headers(request);
    if (!body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();
    exchange->parser.body_limit(kMaxJupyterAnswer);
    RH_CHECK(step(
        "ask the Jupyter server",
        [&](auto done) {
          http::async_write(exchange->stream, exchange->request,
                            [exchange, done](error_code problem, std::size_t) { done(problem); });
        },
        deadline));
    RH_CHECK(step(
        "read the answer of the Jupyter server",
        [&](auto done) {
          http::async_read(exchange->stream, exchange->buffer, exchange->parser,
                           [exchange, done](error_code problem, std::size_t) { done(problem); });
        },
        deadline));
    return JupyterAnswer{exchange->parser.get().result_int(), std::move(exchange->parser.get().body())};
  }

  template <class Stream>
  Result<void> open_by(const std::string& path, Deadline deadline) {
    const std::shared_ptr<Channel<Stream>> channel(
        new Channel<Stream>{websocket::stream<Stream>(new_stream<Stream>()), {}, {}, {}, {}});
    RH_CHECK(connect(channel->stream.next_layer(), channel, deadline));
    beast::get_lowest_layer(channel->stream).expires_never();
    channel->stream.read_message_max(kMaxJupyterMessage);
    channel->stream.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    channel->stream.set_option(
        websocket::stream_base::decorator([this](websocket::request_type& fields) { put_headers(fields); }));
    const std::string target = place_.base + path;
    auto opened = step(
        "open the channel to the kernel",
        [&](auto done) {
          channel->stream.async_handshake(channel->greeting, place_.authority(), target,
                                          [channel, done](error_code problem) { done(problem); });
        },
        deadline);
    if (!opened && last_ == websocket::error::upgrade_declined)
      return fail(
          ErrorKind::io,
          fmt::format("open the channel to the kernel: the server answered HTTP {}", channel->greeting.result_int()),
          url());
    RH_CHECK(opened);
    channel->stream.text(true);
    channel->stream.auto_fragment(false);
    channel_ = channel;
    read_on(channel);
    return {};
  }

  template <class Stream>
  static void read_on(const std::shared_ptr<Channel<Stream>>& channel) {
    if (channel->reading || channel->ended || channel->received.size() >= kReadAhead) return;
    channel->reading = true;
    channel->stream.async_read(channel->buffer, [channel](error_code problem, std::size_t) {
      channel->reading = false;
      if (problem) {
        channel->ended = problem;
        return;
      }
      // Messages with binary parts come as bytes; they belong to widgets, which nobody shows here.
      if (channel->stream.got_text()) channel->received.push_back(beast::buffers_to_string(channel->buffer.data()));
      channel->buffer.consume(channel->buffer.size());
      read_on(channel);
    });
  }

  template <class Stream>
  Result<void> send_by(const std::shared_ptr<Channel<Stream>>& channel, const std::string& text, Deadline deadline) {
    const auto kept = std::make_shared<std::string>(text);
    return step(
        "send a message to the kernel",
        [&](auto done) {
          channel->stream.async_write(asio::buffer(*kept),
                                      [channel, kept, done](error_code problem, std::size_t) { done(problem); });
        },
        deadline);
  }

  template <class Stream>
  Result<std::optional<std::string>> receive_by(const std::shared_ptr<Channel<Stream>>& channel, Deadline deadline) {
    run([&] { return !channel->received.empty() || channel->ended; }, deadline);
    if (!channel->received.empty()) {
      std::string first = std::move(channel->received.front());
      channel->received.pop_front();
      read_on(channel);
      return std::optional<std::string>(std::move(first));
    }
    if (channel->ended == websocket::error::message_too_big)
      return fail(ErrorKind::limit,
                  fmt::format("read a message of the kernel: it is longer than {} MiB", kMaxJupyterMessage >> 20),
                  url());
    if (channel->ended)
      return fail(ErrorKind::io, fmt::format("read a message of the kernel: {}", channel->ended.message()), url());
    return std::optional<std::string>();
  }

  JupyterPlace place_;
  asio::io_context io_;
  asio::ssl::context tls_;
  std::optional<asio::posix::stream_descriptor> cancel_;
  bool cancelled_ = false, heeds_cancel_ = true;
  error_code last_;  // of the step before
  std::variant<std::monostate, std::shared_ptr<Channel<Plain>>, std::shared_ptr<Channel<Secure>>> channel_;
};

Wire::Wire(JupyterPlace place, int cancel_fd)
    : connection_(std::make_unique<Connection>(std::move(place), cancel_fd)) {}
Wire::~Wire() = default;

Result<JupyterAnswer> Wire::ask(const std::string& verb, const std::string& path, const std::string& body,
                                Deadline deadline) {
  return connection_->ask(verb, path, body, deadline);
}
Result<void> Wire::open(const std::string& path, Deadline deadline) { return connection_->open(path, deadline); }
Result<void> Wire::send(const std::string& text, Deadline deadline) { return connection_->send(text, deadline); }
Result<std::optional<std::string>> Wire::receive(Deadline deadline) { return connection_->receive(deadline); }
bool Wire::cancelled() const { return connection_->cancelled(); }
void Wire::ignore_cancel() { connection_->ignore_cancel(); }
std::string Wire::url() const { return connection_->url(); }

}  // namespace rh::agent
