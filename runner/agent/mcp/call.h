// One request while it is worked on: who asks, the way back, progress, log messages, cancellation. Thread-safe. After
// the answer, or after the caller cancelled, nothing more is sent for it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runner/agent/mcp/frame.h"
#include "runner/agent/mcp/protocol.h"
#include "runner/agent/tool.h"
#include "runner/base/unique_fd.h"

namespace rh::agent::mcp {

class Host;
class Session;

// Clients give up after 60 s of silence (the default of the TypeScript SDK).
constexpr std::chrono::seconds kHeartbeat{10};

// Where the messages of one call go.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void send(const nlohmann::json& message) = 0;  // belongs to the call; more follows
  virtual void finish(const nlohmann::json& response, int http_status) = 0;
  virtual void abandon() = 0;     // nothing more comes
  virtual void close_stream() {}  // legacy HTTP: the client comes back for the rest
  virtual void open_stream() {}   // HTTP: the answer is a stream from now on
};

struct Requester {
  Era era = Era::legacy;
  std::string version;
  std::string principal;  // as authenticated: "stdio", "http", "http/token-1"
  std::string client;     // as it calls itself
  Json capabilities;      // never null
  std::optional<LogLevel> log_level;
};

class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(const Host& host, Message message, Requester requester, std::shared_ptr<Session> session,
       std::shared_ptr<Outlet> outlet);

  [[nodiscard]] const Message& message() const { return message_; }
  [[nodiscard]] const nlohmann::json& params() const { return message_.params(); }
  [[nodiscard]] const Requester& requester() const { return requester_; }
  [[nodiscard]] const std::shared_ptr<Session>& session() const { return session_; }
  [[nodiscard]] bool client_can(std::string_view capability) const;  // "elicitation", "sampling", "roots"
  [[nodiscard]] std::string trace_parent() const;

  // Of a call that is made again: {name: answer}, and the state it was left with.
  [[nodiscard]] const nlohmann::json& answers() const;
  [[nodiscard]] const nlohmann::json& state() const;  // null: none
  void resume_with(Json answers, Json state);

  [[nodiscard]] BorrowedFd cancel_descriptor() const { return cancel_; }
  [[nodiscard]] bool cancelled() const;
  [[nodiscard]] bool wants_progress() const { return !progress_token_.empty(); }

  void report(const Progress& progress);
  void heartbeat();  // repeats the last message when nothing was said for kHeartbeat
  void log(LogLevel level, const nlohmann::json& data);
  void send(const nlohmann::json& message);  // as it is
  void open_stream() { outlet_->open_stream(); }
  void close_stream() { outlet_->close_stream(); }
  [[nodiscard]] const std::shared_ptr<Outlet>& outlet() const { return outlet_; }

  void finish(const Reply& reply);
  void cancel();

 private:
  void send_progress(std::optional<double> done, std::optional<double> total, const std::string& text);

  const Host& host_;
  Message message_;
  Requester requester_;
  std::shared_ptr<Session> session_;
  std::shared_ptr<Outlet> outlet_;
  UniqueFd cancel_;
  std::string progress_token_;  // as JSON
  Json answers_, state_;
  mutable std::mutex mutex_;
  bool over_ = false, cancelled_ = false;
  double last_progress_ = -1;
  std::string last_text_;
  std::chrono::steady_clock::time_point last_sent_;
};

}  // namespace rh::agent::mcp
