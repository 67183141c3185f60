#include "runner/agent/mcp/server.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr std::string_view kTasks = "tasks";

const json* meta_of(const json& params) {
  const auto found = params.find("_meta");
  return found == params.end() || !found->is_object() ? nullptr : &*found;
}

const json* text_in(const json& object, std::string_view key) {
  const auto found = object.find(std::string(key));
  return found == object.end() || !found->is_string() ? nullptr : &*found;
}

std::string client_name(const json& info) {
  const json* name = info.is_object() ? text_in(info, "name") : nullptr;
  return name != nullptr ? name->get<std::string>().substr(0, 100) : std::string();
}

}  // namespace

const std::vector<Server::MethodRow>& Server::methods() {
  constexpr int kNever = -1;
  static const std::vector<MethodRow> rows{
      {"initialize", "", true, false, false, kNever, "", &Server::initialize},
      {"ping", "", true, false, false, kNever, "", &Server::ping},
      {"server/discover", "", false, true, false, 300'000, "public", &Server::discover},
      {"logging/setLevel", "logging", true, false, false, kNever, "", &Server::set_level},
      {"tools/list", "tools", true, true, false, 300'000, "public", &Server::list_tools},
      {"tools/call", "tools", true, true, true, kNever, "", &Server::call_tool},
      {"resources/list", "resources", true, true, true, 0, "private", &Server::list_resources},
      {"resources/templates/list", "resources", true, true, false, 300'000, "public", &Server::list_templates},
      {"resources/read", "resources", true, true, true, 0, "private", &Server::read_resource},
      {"resources/subscribe", "resources", true, false, false, kNever, "", &Server::subscribe},
      {"resources/unsubscribe", "resources", true, false, false, kNever, "", &Server::unsubscribe},
      {"prompts/list", "prompts", true, true, false, 300'000, "public", &Server::list_prompts},
      {"prompts/get", "prompts", true, true, true, kNever, "", &Server::get_prompt},
      {"completion/complete", "completions", true, true, true, kNever, "", &Server::complete},
      {"tasks/get", kTasks, true, false, false, kNever, "", &Server::get_task},
      {"tasks/result", kTasks, true, false, true, kNever, "", &Server::task_result},
      {"tasks/list", kTasks, true, false, false, kNever, "", &Server::list_tasks},
      {"tasks/cancel", kTasks, true, false, false, kNever, "", &Server::cancel_task},
      {"subscriptions/listen", "", false, true, false, kNever, "", &Server::listen},
  };
  return rows;
}

const Server::MethodRow* Server::method_for(const Requester& who, std::string_view name) const {
  const auto& rows = methods();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const MethodRow& row) { return row.name == name; });
  if (found == rows.end() || !(who.era == Era::modern ? found->modern : found->legacy)) return nullptr;
  if (found->capability == kTasks) return knows_tasks(who) ? &*found : nullptr;
  if (!found->capability.empty() && !host_.capabilities().contains(std::string(found->capability))) return nullptr;
  return &*found;
}

Era Server::era_of(const Message& message, bool says_modern) {
  const json* meta = meta_of(message.params());
  if (says_modern || message.method == "server/discover" || message.method == "subscriptions/listen")
    return Era::modern;
  const json* version = meta != nullptr ? text_in(*meta, kMetaVersion) : nullptr;
  return version != nullptr ? Era::modern : Era::legacy;
}

// Nothing: the request says who asks. Else why it is malformed.
std::optional<Reply> Server::modern_requester(const Message& message, Requester& who) const {
  constexpr int kBadRequest = 400;
  const json* meta = meta_of(message.params());
  const json* version = meta != nullptr ? text_in(*meta, kMetaVersion) : nullptr;
  if (version == nullptr)
    return refuse_with(kInvalidParams, fmt::format("_meta must have '{}'", kMetaVersion), {}, kBadRequest);
  if (*version != kModernVersion)
    return refuse_with(kUnsupportedVersion, "Unsupported protocol version",
                       {{"supported", json::array({kModernVersion})}, {"requested", *version}}, kBadRequest);
  const auto capabilities = meta->find(std::string(kMetaCapabilities));
  if (capabilities == meta->end() || !capabilities->is_object())
    return refuse_with(kInvalidParams, fmt::format("_meta must have '{}', an object", kMetaCapabilities), {},
                       kBadRequest);
  who.era = Era::modern;
  who.version = kModernVersion;
  who.capabilities = share(*capabilities);
  if (const auto info = meta->find(std::string(kMetaClientInfo)); info != meta->end()) who.client = client_name(*info);
  if (const json* level = text_in(*meta, kMetaLogLevel)) who.log_level = log_level_named(level->get<std::string>());
  return std::nullopt;
}

void Server::receive(const std::shared_ptr<Session>& session, const Message& message, std::shared_ptr<Outlet> outlet,
                     const std::string& principal, Era era) {
  if (message.kind == Message::Kind::response) return session->answered(message);
  if (message.kind == Message::Kind::request) return request(session, message, std::move(outlet), principal, era);
  if (message.method != "notifications/cancelled") return;
  const auto id = message.params().find("requestId");
  if (id != message.params().end() && (id->is_string() || id->is_number_integer())) session->cancel(wire_text(*id));
}

void Server::request(const std::shared_ptr<Session>& session, const Message& message, std::shared_ptr<Outlet> outlet,
                     const std::string& principal, Era era) {
  const json& id = message.id();
  const auto refuse_now = [&](const Reply& why) {
    outlet->finish(error_message(&id, why.code, why.message, why.value.get()), why.http_status);
  };
  Requester who = session->requester(principal);
  if (era == Era::modern) {
    who = {Era::modern, {}, principal, {}, share(json::object()), {}};
    if (const auto problem = modern_requester(message, who)) return refuse_now(*problem);
  } else if (!session->initialized() && !is_one_of(message.method, {"initialize", "ping"})) {
    return refuse_now(refuse(kInvalidRequest,
                             "send 'initialize' first, or say the protocol version in _meta as revision 2026-07-28 "
                             "does"));
  }
  const MethodRow* row = method_for(who, message.method);
  if (row == nullptr) {
    constexpr int kNotFound = 404;
    return refuse_now(refuse_with(kMethodNotFound, "Method not found", {{"method", message.method.substr(0, 100)}},
                                  era == Era::modern ? kNotFound : 200));
  }
  auto call = std::make_shared<Call>(host_, message, std::move(who), session, outlet);
  std::string why;
  if (!session->add(call, why)) return refuse_now(refuse(kInvalidRequest, why));
  if (!row->pooled) return run(*row, call);
  {
    const std::lock_guard lock(mutex_);
    running_.erase(std::remove_if(running_.begin(), running_.end(), [](const auto& one) { return one.expired(); }),
                   running_.end());
    running_.push_back(call);
  }
  if (!pool_.run([this, row, call] { run(*row, call); }))
    call->finish(refuse(kInternalError, "the server is busy; try again later"));
}

void Server::run(const MethodRow& row, const std::shared_ptr<Call>& call) {
  if (call->cancelled()) return;
  if (call->wants_progress() && host_.heartbeats() && row.pooled) {
    call->report({"started", 0.0, {}});
    heartbeat_.watch(call);
  }
  Reply reply;
  try {
    reply = rounds(row, *call);
  } catch (const std::exception& problem) {
    reply = refuse(kInternalError, fmt::format("internal error: {}", problem.what()));
  }
  if (row.name == "subscriptions/listen" && reply.kind == Reply::Kind::result) return;  // it stays open
  complete_result(row, *call, reply);
  call->finish(reply);
}

// Asks the host until it has an answer; a legacy client is asked in between, a modern one comes back by itself.
Reply Server::rounds(const MethodRow& row, Call& call) {
  if (call.requester().era == Era::modern) {
    if (Reply refused = open_state(call); refused.kind == Reply::Kind::error) return refused;
    Reply reply = (this->*row.handle)(call);
    return reply.kind == Reply::Kind::ask ? questions(call, std::move(reply)) : reply;
  }
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    Reply reply = (this->*row.handle)(call);
    if (reply.kind != Reply::Kind::ask) return reply;
    Reply failed;
    if (!ask_legacy(call, reply, failed)) return failed;
  }
  return refuse(kInternalError, fmt::format("the call asked more than {} times", kMaxRounds));
}

// Modern results name their type, the server, and how long they may be kept.
void Server::complete_result(const MethodRow& row, const Call& call, Reply& reply) {
  if (call.requester().era == Era::legacy || reply.kind != Reply::Kind::result) return;
  json result = *reply.value;
  if (!result.contains("resultType")) result["resultType"] = "complete";
  if (result["resultType"] == "complete" && row.ttl_ms >= 0) {
    if (!result.contains("ttlMs")) result["ttlMs"] = row.name == "tools/list" ? host_.tools_ttl_ms() : row.ttl_ms;
    if (!result.contains("cacheScope")) result["cacheScope"] = row.cache_scope;
  }
  result["_meta"][std::string(kMetaServerInfo)] = host_.implementation();
  reply.value = share(std::move(result));
}

void Server::join(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(std::remove_if(sessions_.begin(), sessions_.end(), [](const auto& one) { return one.expired(); }),
                  sessions_.end());
  sessions_.push_back(session);
}

void Server::stop() {
  std::vector<std::shared_ptr<Call>> calls, listening;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& one : running_)
      if (auto call = one.lock()) calls.push_back(std::move(call));
    for (const Listener& one : listeners_)
      if (auto call = one.call.lock()) listening.push_back(std::move(call));
    listeners_.clear();
  }
  for (const auto& call : listening)
    call->finish(reply_with({{"resultType", "complete"}, {"_meta", {{kMetaSubscription, call->message().id()}}}}));
  for (const auto& call : calls) call->cancel();
  pool_.stop();
}

}  // namespace rh::agent::mcp
