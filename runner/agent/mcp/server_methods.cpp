// One function for each method of the protocol.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/mcp/server.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxUriBytes = 4'096;

std::string text_of(const json& params, const char* key) {
  const auto found = params.find(key);
  return found != params.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Every list fits into one page.
std::optional<Reply> bad_cursor(const Call& call) {
  if (!call.params().contains("cursor")) return std::nullopt;
  return refuse(kInvalidParams, "the cursor is not one of this server");
}

Reply unknown_resource(const Call& call, const std::string& uri) {
  const bool modern = call.requester().era == Era::modern;
  return refuse_with(modern ? kInvalidParams : kLegacyResourceNotFound, "Resource not found", {{"uri", uri}}, 200);
}

}  // namespace

Reply Server::initialize(Call& call) {
  const json& params = call.params();
  const std::string wanted = text_of(params, "protocolVersion");
  const auto capabilities = params.find("capabilities");
  if (wanted.empty()) return refuse(kInvalidParams, "'protocolVersion' is missing");
  if (capabilities == params.end() || !capabilities->is_object())
    return refuse(kInvalidParams, "'capabilities' is missing");
  const std::string version(is_legacy_version(wanted) ? std::string_view(wanted) : kLegacyVersions.front());
  const auto info = params.find("clientInfo");
  call.session()->initialize(
      version, info != params.end() && info->is_object() ? text_of(*info, "name").substr(0, 100) : std::string(),
      share(*capabilities));
  json result = {
      {"protocolVersion", version}, {"capabilities", host_.capabilities()}, {"serverInfo", host_.implementation()}};
  if (knows_tasks({Era::legacy, version, {}, {}, nullptr, {}}))
    result["capabilities"]["tasks"] = {
        {"list", json::object()}, {"cancel", json::object()}, {"requests", {{"tools", {{"call", json::object()}}}}}};
  if (const std::string text = host_.instructions(); !text.empty()) result["instructions"] = text;
  return reply_with(std::move(result));
}

Reply Server::ping(Call&) { return reply_with(json::object()); }

Reply Server::discover(Call&) {
  json capabilities = host_.capabilities();
  json result = {{"supportedVersions", json::array({kModernVersion})}, {"capabilities", std::move(capabilities)}};
  if (const std::string text = host_.instructions(); !text.empty()) result["instructions"] = text;
  return reply_with(std::move(result));
}

Reply Server::set_level(Call& call) {
  const auto level = log_level_named(text_of(call.params(), "level"));
  if (!level)
    return refuse(kInvalidParams, "'level' is one of debug, info, notice, warning, error, critical, alert, emergency");
  call.session()->set_log_level(*level);
  return reply_with(json::object());
}

Reply Server::list_tools(Call& call) {
  if (const auto bad = bad_cursor(call)) return *bad;
  json tools = host_.tools();
  if (knows_tasks(call.requester()))
    for (json& tool : tools)
      if (host_.may_take_long(tool.at("name").get_ref<const std::string&>()))
        tool["execution"] = {{"taskSupport", "optional"}};
  return reply_with({{"tools", std::move(tools)}});
}

Reply Server::call_tool(Call& call) {
  const json& params = call.params();
  const std::string name = text_of(params, "name");
  if (name.empty()) return refuse(kInvalidParams, "'name' is missing");
  const auto arguments = params.find("arguments");
  if (arguments != params.end() && !arguments->is_object())
    return refuse(kInvalidParams, "'arguments' must be an object");
  if (const auto task = params.find("task"); task != params.end() && knows_tasks(call.requester()) && call.session())
    return begin_task(call, *task);
  std::string why;
  const auto slot = quota_.enter(call.requester().principal, why);
  if (!slot) return host_.over_quota(why);
  return host_.call_tool(call, name, arguments == params.end() ? json::object() : *arguments);
}

Reply Server::list_resources(Call& call) {
  if (const auto bad = bad_cursor(call)) return *bad;
  return reply_with({{"resources", host_.resources()}});
}

Reply Server::list_templates(Call& call) {
  if (const auto bad = bad_cursor(call)) return *bad;
  return reply_with({{"resourceTemplates", host_.resource_templates()}});
}

Reply Server::read_resource(Call& call) {
  const std::string uri = text_of(call.params(), "uri");
  if (uri.empty()) return refuse(kInvalidParams, "'uri' is missing");
  if (uri.size() > kMaxUriBytes)
    return refuse(kInvalidParams, fmt::format("'uri' is longer than {} bytes", kMaxUriBytes));
  Reply reply = host_.read_resource(call, uri);
  return reply.kind == Reply::Kind::error && reply.code == kLegacyResourceNotFound ? unknown_resource(call, uri)
                                                                                   : reply;
}

Reply Server::subscribe(Call& call) {
  const std::string uri = text_of(call.params(), "uri");
  if (uri.empty() || uri.size() > kMaxUriBytes) return refuse(kInvalidParams, "'uri' is missing or too long");
  if (!host_.can_subscribe(uri)) return unknown_resource(call, uri);
  if (!call.session()->subscribe(uri))
    return refuse(kInvalidRequest, fmt::format("more than {} resources are watched", kMaxSubscriptions));
  return reply_with(json::object());
}

Reply Server::unsubscribe(Call& call) {
  call.session()->unsubscribe(text_of(call.params(), "uri"));
  return reply_with(json::object());
}

Reply Server::list_prompts(Call& call) {
  if (const auto bad = bad_cursor(call)) return *bad;
  return reply_with({{"prompts", host_.prompts()}});
}

Reply Server::get_prompt(Call& call) {
  const json& params = call.params();
  const auto arguments = params.find("arguments");
  if (arguments != params.end() && !arguments->is_object())
    return refuse(kInvalidParams, "'arguments' must be an object");
  return host_.get_prompt(call, text_of(params, "name"), arguments == params.end() ? json::object() : *arguments);
}

Reply Server::complete(Call& call) {
  const json& params = call.params();
  if (!params.contains("ref") || !params.at("ref").is_object() || !params.contains("argument") ||
      !params.at("argument").is_object())
    return refuse(kInvalidParams, "'ref' and 'argument' are needed");
  return host_.complete(call, params);
}

}  // namespace rh::agent::mcp
