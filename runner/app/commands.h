// The commands of the executable; each returns the process's exit code.
#pragma once

#include <functional>
#include <memory>

#include "runner/agent/service.h"
#include "runner/app/options.h"
#include "runner/base/result.h"

namespace rh::app {

[[nodiscard]] Result<int> run_test(const CommandLine& line);
[[nodiscard]] Result<int> run_command(const CommandLine& line);
[[nodiscard]] Result<int> run_discover(const CommandLine& line);
[[nodiscard]] Result<int> run_config(const CommandLine& line);
[[nodiscard]] Result<int> run_doctor(const CommandLine& line);
[[nodiscard]] Result<int> run_report(const CommandLine& line);
[[nodiscard]] Result<int> run_gate(const CommandLine& line);
[[nodiscard]] Result<int> run_merge(const CommandLine& line);
[[nodiscard]] Result<int> run_baseline(const CommandLine& line);
[[nodiscard]] Result<int> run_schema(const CommandLine& line);
[[nodiscard]] Result<int> run_profile(const CommandLine& line);
[[nodiscard]] Result<int> run_history(const CommandLine& line);
[[nodiscard]] Result<int> run_tool(const CommandLine& line);
[[nodiscard]] Result<int> run_mcp(const CommandLine& line);

// Configuration and stores of the folder that the command runs in; `adjust` sees the configuration before it is used.
[[nodiscard]] Result<std::unique_ptr<agent::Service>> open_agent_service(
    const CommandLine& line, const std::function<void(agent::AgentConfig&)>& adjust = {});

}  // namespace rh::app
