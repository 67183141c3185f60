#include "runner/agent/mcp/call.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "runner/agent/mcp/clean.h"
#include "runner/agent/mcp/host.h"
#include "runner/agent/mcp/session.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

const json& meta_of(const json& params) {
  static const json none = json::object();
  const auto found = params.find("_meta");
  return found == params.end() || !found->is_object() ? none : *found;
}

}  // namespace

Call::Call(const Host& host, Message message, Requester requester, std::shared_ptr<Session> session,
           std::shared_ptr<Outlet> outlet)
    : host_(host),
      message_(std::move(message)),
      requester_(std::move(requester)),
      session_(std::move(session)),
      outlet_(std::move(outlet)),
      cancel_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      answers_(share(json::object())),
      state_(share(json())),
      last_sent_(std::chrono::steady_clock::now()) {
  const json& meta = meta_of(params());
  const auto token = meta.find("progressToken");
  if (token != meta.end() && (token->is_string() || token->is_number_integer())) progress_token_ = wire_text(*token);
}

bool Call::client_can(std::string_view capability) const {
  return requester_.capabilities->is_object() && requester_.capabilities->contains(std::string(capability));
}

std::string Call::trace_parent() const {
  const json& meta = meta_of(params());
  const auto found = meta.find("traceparent");
  return found != meta.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const json& Call::answers() const { return *answers_; }
const json& Call::state() const { return *state_; }

void Call::resume_with(Json answers, Json state) {
  answers_ = std::move(answers);
  state_ = std::move(state);
}

bool Call::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

void Call::report(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  send_progress(progress.done, progress.total, host_.clean(progress.message));
}

void Call::heartbeat() {
  const std::lock_guard lock(mutex_);
  if (std::chrono::steady_clock::now() - last_sent_ >= kHeartbeat) send_progress({}, {}, last_text_);
}

// The caller holds the lock, so that nothing can come after the answer. `progress` must grow; a message without a
// figure of its own, or with one that fell, takes a small step.
void Call::send_progress(std::optional<double> done, std::optional<double> total, const std::string& text) {
  if (over_ || progress_token_.empty()) return;
  constexpr double kStep = 0.001;
  const bool grows = done && std::isfinite(*done) && *done > last_progress_;
  const double value = grows ? *done : (last_progress_ < 0 ? 0 : last_progress_ + kStep);
  json params = {{"progressToken", json::parse(progress_token_)}, {"progress", value}};
  if (total && std::isfinite(*total) && *total >= value) params["total"] = *total;
  // Revision 2024-11-05 has no messages.
  if (!text.empty() && requester_.version != "2024-11-05") params["message"] = text;
  last_progress_ = value;
  last_text_ = text;
  last_sent_ = std::chrono::steady_clock::now();
  outlet_->send(notification("notifications/progress", std::move(params)));
}

void Call::log(LogLevel level, const json& data) {
  const std::lock_guard lock(mutex_);
  const auto least = requester_.era == Era::modern ? requester_.log_level
                     : session_                    ? session_->log_level()
                                                   : std::optional(LogLevel::info);
  if (over_ || !least || level < *least) return;
  outlet_->send(notification("notifications/message", {{"level", name_of(level)}, {"data", cleaned(host_, data)}}));
}

void Call::send(const json& message) {
  const std::lock_guard lock(mutex_);
  if (!over_) outlet_->send(message);
}

void Call::finish(const Reply& reply) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  over_ = true;
  // Before the answer is out: whoever has it may use the id again at once.
  if (session_) session_->remove(*this);
  const json& id = message_.id();
  if (reply.kind == Reply::Kind::error) {
    const json data = reply.value ? cleaned(host_, *reply.value) : json();
    outlet_->finish(error_message(&id, reply.code, host_.clean(reply.message), reply.value ? &data : nullptr),
                    reply.http_status);
  } else {
    outlet_->finish(result_message(id, cleaned(host_, *reply.value)), reply.http_status);
  }
}

void Call::cancel() {
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    over_ = true;
    cancelled_ = true;
    const std::uint64_t one = 1;
    (void)!::write(cancel_.get(), &one, sizeof one);
    outlet_->abandon();
  }
  if (session_) session_->remove(*this);
}

}  // namespace rh::agent::mcp
