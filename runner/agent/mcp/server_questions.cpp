// Questions to the client in the middle of a call: in the modern era the call ends with `input_required` and is made
// again with the answers; a legacy client is sent requests while the call waits.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/mcp/server.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

// What a client must be able to do to answer a request; empty: nothing that can be asked for.
std::string capability_of(const std::string& method) {
  if (method == "elicitation/create") return "elicitation";
  if (method == "sampling/createMessage") return "sampling";
  if (method == "roots/list") return "roots";
  return {};
}

// What an answer must come back with: the method and its parameters without what answers add.
std::string identity_of(const Call& call) {
  json params = call.params();
  for (const char* added : {"_meta", "inputResponses", "requestState"}) params.erase(added);
  return call.message().method + "\n" + wire_text(params);
}

// The capabilities that the client does not have for these requests.
json missing_capabilities(const Call& call, const json& requests) {
  json missing = json::object();
  for (const auto& [name, request] : requests.items()) {
    const std::string capability = capability_of(request.at("method").get<std::string>());
    if (!call.client_can(capability)) missing[capability] = json::object();
  }
  return missing;
}

}  // namespace

Reply Server::open_state(Call& call) {
  const json& params = call.params();
  const auto answers = params.find("inputResponses");
  const auto sealed = params.find("requestState");
  if (answers != params.end() && !answers->is_object())
    return refuse(kInvalidParams, "'inputResponses' must be an object");
  Json state = share(json());
  if (sealed != params.end()) {
    if (!sealed->is_string()) return refuse(kInvalidParams, "'requestState' must be a string");
    auto opened = seal_.open(sealed->get_ref<const std::string&>(), call.requester().principal, identity_of(call));
    if (!opened) return refuse(kInvalidParams, opened.error().message());
    state = *opened;
  }
  call.resume_with(answers != params.end() ? share(*answers) : share(json::object()), std::move(state));
  return {};
}

Reply Server::questions(Call& call, Reply reply) {
  const json missing = missing_capabilities(call, *reply.value);
  if (!missing.empty())
    return refuse_with(kMissingCapability, "the client cannot answer what this call asks",
                       {{"requiredCapabilities", missing}}, 400);
  json result = {{"resultType", "input_required"}};
  if (!reply.value->empty()) result["inputRequests"] = *reply.value;
  if (reply.state) result["requestState"] = seal_.seal(*reply.state, call.requester().principal, identity_of(call));
  return reply_with(std::move(result));
}

bool Server::ask_legacy(Call& call, const Reply& reply, Reply& failed) {
  const json missing = missing_capabilities(call, *reply.value);
  if (!missing.empty()) {
    failed = refuse_with(kInvalidRequest, "the client cannot answer what this call asks",
                         {{"requiredCapabilities", missing}}, 200);
    return false;
  }
  if (!pool_.begin_wait()) {
    failed = refuse(kInternalError, "too many calls wait for people; try again later");
    return false;
  }
  const bool all = ask_each(call, reply, failed);
  pool_.end_wait();
  return all;
}

bool Server::ask_each(Call& call, const Reply& reply, Reply& failed) {
  json answers = json::object();
  for (const auto& [name, request] : reply.value->items()) {
    std::string why;
    const auto params = request.find("params");
    const Json answer = call.session()->ask(call, request.at("method").get<std::string>(),
                                            params == request.end() ? json::object() : *params, why);
    if (!answer) {
      failed = refuse(kInternalError, fmt::format("the client was asked and gave no answer: {}", why));
      return false;
    }
    answers[name] = *answer;
  }
  call.resume_with(share(std::move(answers)), reply.state ? reply.state : share(json()));
  return true;
}

}  // namespace rh::agent::mcp
