// Which tools a server offers, and how the table's rows look to a client.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/tool.h"
#include "runner/base/result.h"

namespace rh::agent::mcp {

struct OfferOptions {
  std::vector<std::string> tools;  // names or aliases; empty: the set
  bool all = false;                // also what is not in the default set
  bool aliases = true;             // with the set: also under its other names
};

struct OfferedTool {
  std::string name;  // as the client sees it
  const ToolRow* row = nullptr;
};

// An unknown name is an error with a suggestion.
[[nodiscard]] Result<std::vector<OfferedTool>> offered_tools(const OfferOptions& options);
// The entry of tools/list.
[[nodiscard]] nlohmann::json description_of(const OfferedTool& tool);

}  // namespace rh::agent::mcp
