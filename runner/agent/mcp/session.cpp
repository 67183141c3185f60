#include "runner/agent/mcp/session.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace rh::agent::mcp {

using nlohmann::json;

bool Session::add(const std::shared_ptr<Call>& call, std::string& why) {
  const std::lock_guard lock(mutex_);
  const std::string& id = call->message().id_text;
  if (calls_.size() >= kMaxCallsInFlight) {
    why = fmt::format("more than {} requests are in flight", kMaxCallsInFlight);
    return false;
  }
  if (!calls_.emplace(id, call).second) {
    why = fmt::format("a request with the id {} is in flight", id);
    return false;
  }
  return true;
}

void Session::remove(const Call& call) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(call.message().id_text);
  if (found != calls_.end() && found->second.get() == &call) calls_.erase(found);
}

void Session::cancel(const std::string& id_text) {
  std::shared_ptr<Call> call;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id_text);
    // `initialize` cannot be cancelled; a late cancellation names nothing.
    if (found == calls_.end() || found->second->message().method == "initialize") return;
    call = found->second;
  }
  call->cancel();
}

void Session::cancel_all() {
  std::vector<std::shared_ptr<Call>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, call] : calls_) all.push_back(call);
  }
  for (const auto& call : all) call->cancel();
}

std::size_t Session::in_flight() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

void Session::initialize(std::string version, std::string client, Json capabilities) {
  const std::lock_guard lock(mutex_);
  initialized_ = true;
  version_ = std::move(version);
  client_ = std::move(client);
  capabilities_ = std::move(capabilities);
}

bool Session::initialized() const {
  const std::lock_guard lock(mutex_);
  return initialized_;
}

Requester Session::requester(const std::string& principal) const {
  const std::lock_guard lock(mutex_);
  return {Era::legacy, version_, principal, client_, capabilities_ ? capabilities_ : share(json::object()), log_level_};
}

void Session::set_log_level(LogLevel level) {
  const std::lock_guard lock(mutex_);
  log_level_ = level;
}

std::optional<LogLevel> Session::log_level() const {
  const std::lock_guard lock(mutex_);
  return log_level_;
}

bool Session::subscribe(const std::string& uri) {
  const std::lock_guard lock(mutex_);
  if (subscriptions_.size() >= kMaxSubscriptions && subscriptions_.count(uri) == 0) return false;
  subscriptions_.insert(uri);
  return true;
}

void Session::unsubscribe(const std::string& uri) {
  const std::lock_guard lock(mutex_);
  subscriptions_.erase(uri);
}

bool Session::subscribed(const std::string& uri) const {
  const std::lock_guard lock(mutex_);
  return subscriptions_.count(uri) > 0;
}

void Session::set_notices(std::function<void(const json&)> send) {
  const std::lock_guard lock(mutex_);
  notices_ = std::move(send);
}

void Session::notice(const json& message) {
  std::function<void(const json&)> send;
  {
    const std::lock_guard lock(mutex_);
    if (initialized_) send = notices_;
  }
  if (send) send(message);
}

Json Session::ask(Call& call, const std::string& method, const json& params, std::string& why) {
  auto question = std::make_shared<Question>();
  question->ready.reset(::eventfd(0, EFD_CLOEXEC));
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    id = fmt::format("ask-{}", next_question_++);
    questions_[json(id).dump()] = question;
  }
  call.send({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
  std::array<pollfd, 2> watched{pollfd{question->ready.get(), POLLIN, 0}, {call.cancel_descriptor().fd, POLLIN, 0}};
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(kAnswerTimeout);
  int ready = 0;
  do ready = ::poll(watched.data(), watched.size(), static_cast<int>(timeout.count()));
  while (ready < 0 && errno == EINTR);

  const std::lock_guard lock(mutex_);
  questions_.erase(json(id).dump());
  if (!question->response) {
    why = watched[1].revents != 0 ? "the call was cancelled" : "the client did not answer in time";
    return nullptr;
  }
  if (question->response->contains("error")) {
    const json& error = question->response->at("error");
    const auto text = error.is_object() ? error.find("message") : error.end();
    why = text != error.end() && text->is_string() ? text->get<std::string>() : "the client refused";
    return nullptr;
  }
  return share(question->response->at("result"));
}

void Session::answered(const Message& response) {
  const std::lock_guard lock(mutex_);
  const auto found = questions_.find(response.id_text);
  if (found == questions_.end() || found->second->response) return;
  found->second->response = response.body;
  const std::uint64_t one = 1;
  (void)!::write(found->second->ready.get(), &one, sizeof one);
}

}  // namespace rh::agent::mcp
