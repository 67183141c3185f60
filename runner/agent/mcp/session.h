// What is remembered between the messages of one client: its calls in flight and, in the legacy era, what `initialize`
// agreed on. A stdio connection has one; over HTTP a legacy client names its own by Mcp-Session-Id, and a modern
// request has one for itself.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/mcp/call.h"
#include "runner/agent/mcp/protocol.h"
#include "runner/base/unique_fd.h"

namespace rh::agent::mcp {

constexpr std::size_t kMaxCallsInFlight = 512;      // of one session, waiting ones included
constexpr std::size_t kMaxSubscriptions = 1'000;    // of one session
constexpr std::chrono::minutes kAnswerTimeout{30};  // for a person who is asked

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(std::string id) : id_(std::move(id)) {}

  [[nodiscard]] const std::string& id() const { return id_; }

  // False: a call with this id is in flight, or there are too many.
  [[nodiscard]] bool add(const std::shared_ptr<Call>& call, std::string& why);
  void remove(const Call& call);
  void cancel(const std::string& id_text);
  void cancel_all();
  [[nodiscard]] std::size_t in_flight() const;

  void initialize(std::string version, std::string client, Json capabilities);
  [[nodiscard]] bool initialized() const;
  [[nodiscard]] Requester requester(const std::string& principal) const;
  void set_log_level(LogLevel level);
  [[nodiscard]] std::optional<LogLevel> log_level() const;

  [[nodiscard]] bool subscribe(const std::string& uri);
  void unsubscribe(const std::string& uri);
  [[nodiscard]] bool subscribed(const std::string& uri) const;
  // The way for notifications that belong to no call.
  void set_notices(std::function<void(const nlohmann::json&)> send);
  void notice(const nlohmann::json& message);

  // Legacy: a request to the client on the call's stream. Waits for the answer; null: it was cancelled, timed out, or
  // the client refused, and `why` says which.
  [[nodiscard]] Json ask(Call& call, const std::string& method, const nlohmann::json& params, std::string& why);
  void answered(const Message& response);

 private:
  struct Question {
    UniqueFd ready;
    Json response;
  };

  const std::string id_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Call>> calls_;
  bool initialized_ = false;
  std::string version_, client_;
  Json capabilities_;
  std::optional<LogLevel> log_level_ = LogLevel::info;
  std::set<std::string, std::less<>> subscriptions_;
  std::function<void(const nlohmann::json&)> notices_;
  std::map<std::string, std::shared_ptr<Question>> questions_;
  std::uint64_t next_question_ = 1;
};

}  // namespace rh::agent::mcp
