// Who is told about changes: legacy clients of a session, and modern `subscriptions/listen` requests.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "runner/agent/mcp/server.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

bool is_true(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && *found == true;
}

bool declares(const json& capabilities, const char* what, const char* feature) {
  const auto found = capabilities.find(what);
  return found != capabilities.end() && is_true(*found, feature);
}

}  // namespace

Reply Server::listen(Call& call) {
  const auto filter = call.params().find("notifications");
  if (filter == call.params().end() || !filter->is_object())
    return refuse(kInvalidParams, "'notifications' is missing: say what to listen for");
  const json capabilities = host_.capabilities();
  Listener listener{call.weak_from_this(),
                    is_true(*filter, "toolsListChanged") && declares(capabilities, "tools", "listChanged"),
                    is_true(*filter, "promptsListChanged") && declares(capabilities, "prompts", "listChanged"),
                    is_true(*filter, "resourcesListChanged") && declares(capabilities, "resources", "listChanged"),
                    {}};
  json honoured = json::object();
  if (listener.tools) honoured["toolsListChanged"] = true;
  if (listener.prompts) honoured["promptsListChanged"] = true;
  if (listener.resources) honoured["resourcesListChanged"] = true;
  const auto uris = filter->find("resourceSubscriptions");
  if (uris != filter->end() && uris->is_array()) {
    for (const json& uri : *uris)
      if (uri.is_string() && listener.uris.size() < kMaxSubscriptions && host_.can_subscribe(uri.get<std::string>()))
        listener.uris.push_back(uri.get<std::string>());
    if (!listener.uris.empty()) honoured["resourceSubscriptions"] = listener.uris;
  }
  const std::lock_guard lock(mutex_);
  listeners_.erase(std::remove_if(listeners_.begin(), listeners_.end(),
                                  [](const Listener& one) {
                                    const auto alive = one.call.lock();
                                    return !alive || alive->cancelled();
                                  }),
                   listeners_.end());
  if (listeners_.size() >= kMaxListeners) return refuse(kInternalError, "too many clients listen; try again later");
  call.open_stream();
  call.send(notification("notifications/subscriptions/acknowledged",
                         {{"_meta", {{kMetaSubscription, call.message().id()}}}, {"notifications", honoured}}));
  listeners_.push_back(std::move(listener));
  return reply_with(json::object());
}

void Server::tell(const json& message, const std::function<bool(const Listener&)>& wants,
                  const std::function<bool(const Session&)>& legacy_wants) {
  std::vector<std::shared_ptr<Call>> calls;
  std::vector<std::shared_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    for (const Listener& one : listeners_)
      if (wants(one))
        if (auto call = one.call.lock()) calls.push_back(std::move(call));
    for (const auto& one : sessions_)
      if (auto session = one.lock())
        if (legacy_wants(*session)) sessions.push_back(std::move(session));
  }
  for (const auto& call : calls) {
    json own = message;
    own["params"]["_meta"][std::string(kMetaSubscription)] = call->message().id();
    call->send(own);
  }
  for (const auto& session : sessions) session->notice(message);
}

void Server::list_changed(std::string_view what) {
  tell(
      notification("notifications/" + std::string(what) + "/list_changed", json::object()),
      [&](const Listener& one) {
        return what == "tools" ? one.tools : what == "prompts" ? one.prompts : one.resources;
      },
      [](const Session&) { return true; });
}

void Server::resource_updated(const std::string& uri) {
  tell(
      notification("notifications/resources/updated", {{"uri", uri}}),
      [&](const Listener& one) { return std::find(one.uris.begin(), one.uris.end(), uri) != one.uris.end(); },
      [&](const Session& session) { return session.subscribed(uri); });
}

}  // namespace rh::agent::mcp
