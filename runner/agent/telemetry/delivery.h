// Messages on their way to one plain endpoint over HTTP/1.1, one after another on a connection that is kept. Nothing
// here waits: whoever drives it polls for wanted() and calls step(). It can be left in the middle of a message, and
// another thread, or a process that was forked, goes on with it.
#pragma once

#include <poll.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "runner/agent/telemetry/endpoint.h"
#include "runner/base/clock.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

constexpr unsigned kMaxTelemetryTries = 4;

// What a collector said. 2xx: it took the message.
struct HttpAnswer {
  int status = 0;
  bool keep_alive = true;
  std::chrono::seconds retry_after{0};
  std::string body;
};
// Of complete answers only; nothing: there is more to come. `closed`: nothing does.
[[nodiscard]] std::optional<HttpAnswer> parsed_answer(std::string_view text, bool closed);
[[nodiscard]] bool may_be_repeated(int status);  // 429, 502, 503, 504: OTLP 1.x, "Retryable Response Codes"
// "https://c.example/v1/traces answered 400: why"
[[nodiscard]] std::string refusal_text(const Endpoint& endpoint, const HttpAnswer& answer);

class Delivery {
 public:
  // Begins to connect.
  explicit Delivery(Endpoint endpoint);

  void add(std::string body) { queue_.push_back(std::move(body)); }
  [[nodiscard]] bool idle() const { return queue_.empty(); }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

  // As far as it goes without waiting.
  void step();
  [[nodiscard]] pollfd wanted() const;    // descriptor -1: nothing but time helps
  [[nodiscard]] Nanoseconds due() const;  // step() does something then though nothing came
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] std::chrono::milliseconds timeout() const { return endpoint_.timeout; }

  // From now on an endpoint that is not there is not asked again, and everything for it is given up.
  void last_call() { last_call_ = true; }
  // Why the last message that was not taken was not; empty: all were.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class State { resting, pausing, connecting, writing, reading };
  bool rest();
  bool connect();
  bool write();
  bool read();
  bool take(const HttpAnswer& answer);
  bool lost(std::string why);
  bool again_later(std::chrono::milliseconds pause);
  bool next();

  Endpoint endpoint_;
  UniqueFd socket_;
  std::deque<std::string> queue_;  // the first is on its way
  State state_ = State::resting;
  std::string text_, held_;  // request, answer so far
  std::size_t at_ = 0;
  unsigned tries_ = 0;
  Nanoseconds moved_at_{0}, pause_until_{0};
  bool served_ = false;  // the connection answered before: it may have been closed meanwhile
  bool last_call_ = false;
  std::string problem_;
};

// Until all are idle, `until` has come (nothing: their own time-outs decide), or `wake` is readable.
void drive(const std::vector<Delivery*>& deliveries, std::optional<Nanoseconds> until, BorrowedFd wake);

}  // namespace rh::agent
