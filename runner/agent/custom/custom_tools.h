// Tools that the user's configuration adds: [[tools]] with a name, a description and a command. The command runs in the
// sandbox over the served folder, whose changes are not kept; arguments become words of its own, never of a shell.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/config.h"
#include "runner/agent/tool.h"

namespace rh::agent {

[[nodiscard]] const CustomTool* custom_tool_named(const AgentConfig& config, std::string_view name);
// Entries of MCP's tools/list, in the order of the configuration; names that a tool of ours has are left out.
[[nodiscard]] nlohmann::json custom_tool_entries(const AgentConfig& config);
[[nodiscard]] ToolAnswer call_custom_tool(Service& service, const CallContext& context, const CustomTool& tool,
                                          const nlohmann::json& arguments);
// "{name}" in the words of the command by the arguments; what is no argument stays.
[[nodiscard]] std::vector<std::string> filled_command(const CustomTool& tool, const nlohmann::json& arguments);

// run_custom_tool: any of them by name.
[[nodiscard]] std::vector<ToolRow> custom_tools();

}  // namespace rh::agent
