// The answer to one POST: a JSON document when the response comes soon and alone, else a stream of server-sent events.
// In a legacy session the events are kept, so that a client whose connection broke can ask for the rest
// (Last-Event-ID). Everything but HttpOutlet happens on the thread of the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runner/agent/mcp/call.h"
#include "runner/agent/mcp/http_message.h"

namespace rh::agent::mcp {

constexpr std::size_t kMaxKeptEventBytes = 4ULL << 20;  // of one stream; the oldest go first
constexpr std::size_t kMaxAllKeptBytes = 256ULL << 20;  // of all; then nothing more is kept
constexpr std::chrono::seconds kKeepAlive{15};          // between comments on a quiet stream
constexpr std::chrono::seconds kStreamAfter{2};         // a slow answer becomes a stream, which can be kept alive
constexpr unsigned kRetryMs = 500;                      // after which a client whose stream was closed comes back

// Events that are kept for clients that come back, of all streams.
struct KeptEvents {
  std::size_t bytes = 0;
};

class HttpStream {
 public:
  using Clock = std::chrono::steady_clock;
  struct Accepts {
    bool json = true, events = true;
  };

  // `number`: of the stream in its session; 0: events are not kept.
  HttpStream(std::uint64_t number, Accepts accepts, HttpHeaders headers, std::shared_ptr<KeptEvents> all_kept = nullptr)
      : number_(number), accepts_(accepts), headers_(std::move(headers)), all_kept_(std::move(all_kept)) {}
  ~HttpStream() { forget(0); }
  HttpStream(const HttpStream&) = delete;

  void attach(const std::shared_ptr<HttpPeer>& peer) { peer_ = peer; }
  void detach() { peer_.reset(); }
  [[nodiscard]] bool attached() const { return !peer_.expired(); }
  // The connection of a GET: events after `last`, then what comes.
  void resume(const std::shared_ptr<HttpPeer>& peer, std::uint64_t last);

  void open(Clock::time_point now = Clock::now());
  void send(const std::string& message);
  void finish(const std::string& response, int status);
  void abandon();
  void close_for_now();
  void tick(Clock::time_point now);

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] Clock::time_point finished_at() const { return finished_at_; }

 private:
  struct Event {
    std::uint64_t number;
    std::string text;
  };
  void emit(const std::string& message);
  void keep(const Event& event);
  void forget(std::size_t most);  // the oldest, until no more bytes are kept
  void write(const Event& event);
  void end(Clock::time_point now);

  const std::uint64_t number_;
  const Accepts accepts_;
  const HttpHeaders headers_;
  const std::shared_ptr<KeptEvents> all_kept_;  // null: nothing is kept
  std::weak_ptr<HttpPeer> peer_;
  std::deque<Event> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t next_event_ = 1;
  bool open_ = false, finished_ = false;
  Clock::time_point begun_ = Clock::now(), last_written_ = Clock::now(), finished_at_;
};

// Takes what threads of calls say to the thread of the server.
class HttpOutlet : public Outlet {
 public:
  using Post = std::function<void(std::function<void()>)>;
  HttpOutlet(Post post, std::shared_ptr<HttpStream> stream) : post_(std::move(post)), stream_(std::move(stream)) {}

  void send(const nlohmann::json& message) override;
  void finish(const nlohmann::json& response, int http_status) override;
  void abandon() override;
  void close_stream() override;
  void open_stream() override;

 private:
  Post post_;
  std::shared_ptr<HttpStream> stream_;
};

}  // namespace rh::agent::mcp
