// What an agent asks of a project beside running its tests: gates on results, where time goes, what no test reaches,
// reports of stored runs, and whether this machine can do what will be asked. Each starts a command of runharness.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/service.h"
#include "runner/agent/tool.h"
#include "runner/model/report.h"

namespace rh::agent {

[[nodiscard]] ToolAnswer check_gates(Service& service, const CallContext& context, const nlohmann::json& arguments);
[[nodiscard]] ToolAnswer suggest_tests(Service& service, const CallContext& context, const nlohmann::json& arguments);
[[nodiscard]] ToolAnswer test_report(Service& service, const CallContext& context, const nlohmann::json& arguments);
[[nodiscard]] ToolAnswer profile_code(Service& service, const CallContext& context, const nlohmann::json& arguments);
[[nodiscard]] ToolAnswer profile_script(Service& service, const CallContext& context, const nlohmann::json& arguments);
[[nodiscard]] ToolAnswer service_status(Service& service, const CallContext& context, const nlohmann::json& arguments);

// The run of that id ("latest"), or what the coverage files say.
[[nodiscard]] Result<model::RunReport> stored_report(Service& service, const CallContext& context,
                                                     const std::string& run, const std::vector<std::string>& files);

[[nodiscard]] std::vector<ToolRow> project_tools();

}  // namespace rh::agent
