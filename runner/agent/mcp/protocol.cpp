#include "runner/agent/mcp/protocol.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kLogLevels{"debug", "info",     "notice", "warning",
                                                     "error", "critical", "alert",  "emergency"};

}  // namespace

bool is_legacy_version(std::string_view version) {
  return std::find(kLegacyVersions.begin(), kLegacyVersions.end(), version) != kLegacyVersions.end();
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  const auto found = std::find(kLogLevels.begin(), kLogLevels.end(), name);
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLogLevels.begin());
}

std::string_view name_of(LogLevel level) { return kLogLevels[static_cast<std::size_t>(level)]; }

Json share(json value) { return std::make_shared<const json>(std::move(value)); }

Reply reply_with(json result) {
  Reply reply;
  reply.value = share(std::move(result));
  return reply;
}

Reply refuse(int code, std::string message) {
  Reply reply;
  reply.kind = Reply::Kind::error;
  reply.code = code;
  reply.message = std::move(message);
  return reply;
}

Reply refuse_with(int code, std::string message, json data, int http_status) {
  Reply reply = refuse(code, std::move(message));
  if (!data.is_null()) reply.value = share(std::move(data));
  reply.http_status = http_status;
  return reply;
}

Reply ask_client(json requests, json state) {
  Reply reply;
  reply.kind = Reply::Kind::ask;
  reply.value = share(std::move(requests));
  if (!state.is_null()) reply.state = share(std::move(state));
  return reply;
}

json result_message(const json& id, const json& result) { return {{"jsonrpc", "2.0"}, {"id", id}, {"result", result}}; }

json error_message(const json* id, int code, std::string_view message, const json* data) {
  json error = {{"code", code}, {"message", to_valid_utf8(message)}};
  if (data != nullptr) error["data"] = *data;
  json whole = {{"jsonrpc", "2.0"}, {"error", std::move(error)}};
  if (id != nullptr) whole["id"] = *id;
  return whole;
}

json notification(std::string_view method, json params) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

std::string wire_text(const json& message) { return message.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace rh::agent::mcp
