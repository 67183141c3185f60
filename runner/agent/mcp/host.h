// What an MCP server offers: tools, resources and prompts, whatever they are. The protocol layer around it speaks both
// eras and every transport; a host sees calls and nothing of how they came.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/mcp/call.h"
#include "runner/agent/mcp/protocol.h"

namespace rh::agent::mcp {

// All functions may be called by several threads at the same time.
class Host {
 public:
  virtual ~Host() = default;

  [[nodiscard]] virtual nlohmann::json implementation() const = 0;  // {"name", "title", "version"}
  [[nodiscard]] virtual std::string instructions() const { return {}; }
  // {"tools": {...}, "resources": {...}, "prompts": {...}, "logging": {}, "completions": {}}: methods of what is
  // missing here do not exist.
  [[nodiscard]] virtual nlohmann::json capabilities() const = 0;

  [[nodiscard]] virtual nlohmann::json tools() = 0;  // array
  [[nodiscard]] virtual Reply call_tool(Call& call, const std::string& name, const nlohmann::json& arguments) = 0;
  [[nodiscard]] virtual nlohmann::json resources() = 0;
  [[nodiscard]] virtual nlohmann::json resource_templates() = 0;
  [[nodiscard]] virtual Reply read_resource(Call& call, const std::string& uri) = 0;
  [[nodiscard]] virtual nlohmann::json prompts() = 0;
  [[nodiscard]] virtual Reply get_prompt(Call& call, const std::string& name, const nlohmann::json& arguments) = 0;
  [[nodiscard]] virtual Reply complete(Call& call, const nlohmann::json& params) = 0;
  // May this resource be watched?
  [[nodiscard]] virtual bool can_subscribe(std::string_view uri) = 0;

  // The result of a tool that may not be called now.
  [[nodiscard]] virtual Reply over_quota(const std::string& why) const;
  // Takes secrets out of a text that leaves the server.
  [[nodiscard]] virtual std::string clean(std::string_view text) const { return std::string(text); }
  // A first progress notification at once, and one at least every kHeartbeat.
  [[nodiscard]] virtual bool heartbeats() const { return true; }
  // Has a tool arguments that travel in headers, too (`x-mcp-header` in its schema)?
  [[nodiscard]] virtual bool mirrors_arguments() const { return false; }
  // May calls of tools be tasks, and is it of use for this one?
  [[nodiscard]] virtual bool offers_tasks() const { return false; }
  [[nodiscard]] virtual bool may_take_long(std::string_view) const { return false; }
  [[nodiscard]] virtual int tools_ttl_ms() const { return 300'000; }
};

}  // namespace rh::agent::mcp
