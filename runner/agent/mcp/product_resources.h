// What clients can read by URI: reports of test runs, and executions with their artifacts and notebooks.
//   runharness://runs                          the runs, newest first
//   runharness://runs/RUN/FILE                 report.json, report.html, junit.xml...; RUN may be "latest"
//   runharness://executions                    the executions, newest first
//   runharness://executions/ID                 the record
//   runharness://executions/ID/notebook        the notebook
//   runharness://executions/ID/artifacts/NAME  a file that the execution left
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/mcp/protocol.h"
#include "runner/agent/service.h"

namespace rh::agent::mcp {

constexpr std::uint64_t kMaxResourceBytes = 8ULL << 20;
constexpr std::size_t kMaxListedResources = 50;  // of each kind; the lists by URI name more

[[nodiscard]] nlohmann::json listed_resources(Service& service);
[[nodiscard]] nlohmann::json listed_templates();
[[nodiscard]] Reply read_product_resource(Service& service, const std::string& uri);

// {"uri", "mimeType", "text" or "blob"}; a file below `folder`, reached through no link.
[[nodiscard]] Reply file_contents(const std::filesystem::path& folder, std::string_view name, const std::string& uri);
[[nodiscard]] std::string_view mime_type_of(std::string_view name);

}  // namespace rh::agent::mcp
