// What a request over HTTP asks for: messages (POST), the stream of a legacy session (GET), its end (DELETE). Runs on
// one thread, the server's; calls run elsewhere and come back through `post`.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runner/agent/mcp/batch_outlet.h"
#include "runner/agent/mcp/http_guard.h"
#include "runner/agent/mcp/http_message.h"
#include "runner/agent/mcp/http_stream.h"
#include "runner/agent/mcp/server.h"

namespace rh::agent::mcp {

constexpr std::string_view kEndpoint = "/mcp";
constexpr std::size_t kMaxSessions = 1'000;
constexpr std::size_t kMaxKeptStreams = 64;  // of one session
constexpr std::chrono::minutes kSessionIdle{30};
constexpr std::chrono::minutes kStreamKept{5};  // after its end, for clients that come back

class HttpRouter {
 public:
  using Clock = HttpStream::Clock;

  HttpRouter(Server& server, HttpAccess access, HttpOutlet::Post post)
      : server_(server), access_(std::move(access)), post_(std::move(post)) {}

  // Before the body is read. Nothing: go on.
  [[nodiscard]] std::optional<HttpResponse> check_head(const HttpRequest& head) const;
  void handle(const std::shared_ptr<HttpPeer>& peer, HttpRequest request);
  void disconnected(const HttpPeer& peer);
  void tick(Clock::time_point now);
  void stop();

 private:
  struct HttpSession {
    std::string principal;
    std::shared_ptr<Session> session;
    std::shared_ptr<HttpStream> notices;  // of the GET without Last-Event-ID
    std::map<std::uint64_t, std::shared_ptr<HttpStream>> streams;
    std::uint64_t next_stream = 2;  // 1: notices
    Clock::time_point used;
  };
  // What is being answered on a connection.
  struct Open {
    std::shared_ptr<HttpStream> stream;
    std::shared_ptr<Session> to_cancel;  // modern: a client that goes away cancels
  };

  void post(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request);
  void post_modern(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, const Message& message);
  void post_legacy(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, const Frame& frame);
  void begin_session(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, const Message& message);
  void get(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request);
  void end_session(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request);

  // nullptr: the peer was told why.
  HttpSession* session_of(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request);
  void make_room();
  void respond(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, HttpResponse response) const;
  void respond_error(const std::shared_ptr<HttpPeer>& peer, const HttpRequest& request, int status, int code,
                     std::string_view message, const nlohmann::json* id = nullptr) const;

  Server& server_;
  const HttpAccess access_;
  const HttpOutlet::Post post_;
  const std::shared_ptr<KeptEvents> kept_ = std::make_shared<KeptEvents>();
  std::map<std::string, HttpSession> sessions_;
  std::map<const HttpPeer*, Open> open_;
};

}  // namespace rh::agent::mcp
