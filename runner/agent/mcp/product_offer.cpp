#include "runner/agent/mcp/product_offer.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent::mcp {

using nlohmann::json;

namespace {

Result<Offer> named_tools(const OfferOptions& options) {
  std::vector<std::string> known = options.custom;
  for (const ToolRow& row : tool_rows()) {
    if (row.people_only) continue;
    known.emplace_back(row.name);
    for (const std::string_view alias : row.aliases) known.emplace_back(alias);
  }
  Offer offer;
  for (const std::string& name : options.tools) {
    if (std::find(options.custom.begin(), options.custom.end(), name) != options.custom.end()) {
      offer.custom.push_back(name);
      continue;
    }
    const ToolRow* row = tool_named(name);
    if (row == nullptr || row->people_only) {
      const auto near = closest(name, known);
      return fail(rh::ErrorKind::usage,
                  fmt::format("offer the tool: there is none of this name{}",
                              near ? fmt::format("; did you mean '{}'?", *near) : ""),
                  name);
    }
    offer.tools.push_back({name, row});
  }
  return offer;
}

}  // namespace

Result<Offer> offered_tools(const OfferOptions& options) {
  if (!options.tools.empty()) return named_tools(options);
  std::vector<OfferedTool> offered;
  for (const ToolRow& row : tool_rows())
    if (!row.people_only && (options.all || row.in_default_set)) offered.push_back({std::string(row.name), &row});
  const std::size_t own = offered.size();
  for (std::size_t i = 0; options.aliases != Aliases::none && i < own; ++i) {
    const ToolRow* row = offered[i].row;
    for (const std::string_view alias : row->aliases)
      offered.push_back({std::string(alias), row, options.aliases == Aliases::all || alias.starts_with(kKnownAliases)});
  }
  return Offer{std::move(offered), options.custom};
}

json description_of(const OfferedTool& tool) {
  const ToolRow& row = *tool.row;
  const bool is_alias = tool.name != row.name;
  json entry = {{"name", tool.name},
                {"title", row.title},
                {"description", is_alias ? fmt::format("The same as {}. {}", row.name, row.description)
                                         : std::string(row.description)},
                {"inputSchema", input_schema(row)},
                {"annotations",
                 {{"title", row.title},
                  {"readOnlyHint", row.hints.read_only},
                  {"destructiveHint", row.hints.destructive},
                  {"idempotentHint", row.hints.idempotent},
                  {"openWorldHint", row.hints.open_world}}}};
  // A second copy of a schema tells nobody anything, and lists go to models.
  if (!row.output_schema.empty() && !is_alias) entry["outputSchema"] = output_schema(row);
  return entry;
}

}  // namespace rh::agent::mcp
