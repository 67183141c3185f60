// Which tools a server offers, and how the table's rows look to a client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/tool.h"
#include "runner/base/result.h"

namespace rh::agent::mcp {

// Lists go to models, which pay for each word: of the other names only those that agents were taught are listed by
// default. What is not listed can be called all the same.
enum class Aliases { none, known, all };
constexpr std::string_view kKnownAliases = "execution_";  // their begin

struct OfferOptions {
  std::vector<std::string> tools;    // names or aliases; empty: the set
  std::vector<std::string> custom;   // names of tools that the configuration adds
  bool all = false;                  // also what is not in the default set
  Aliases aliases = Aliases::known;  // with the set: also under its other names
};

struct OfferedTool {
  std::string name;  // as the client sees it
  const ToolRow* row = nullptr;
  bool listed = true;
};

struct Offer {
  std::vector<OfferedTool> tools;
  std::vector<std::string> custom;
};

// An unknown name is an error with a suggestion.
[[nodiscard]] Result<Offer> offered_tools(const OfferOptions& options);
// The entry of tools/list.
[[nodiscard]] nlohmann::json description_of(const OfferedTool& tool);

}  // namespace rh::agent::mcp
