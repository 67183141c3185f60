#include "runner/agent/mcp/product_offer.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

// What error_answer gives. Some clients check errors against the output schema, too.
json error_schema() {
  return {{"type", "object"},
          {"required", {"success", "error"}},
          {"properties",
           {{"success", {{"const", false}}},
            {"error",
             {{"type", "object"},
              {"required", {"kind", "category", "message"}},
              {"properties",
               {{"kind", {{"type", "string"}}},
                {"category", {{"type", "string"}}},
                {"message", {{"type", "string"}}},
                {"retry", {{"type", "boolean"}}},
                {"retry_changed", {{"type", "boolean"}}}}}}}}}};
}

}  // namespace

Result<std::vector<OfferedTool>> offered_tools(const OfferOptions& options) {
  std::vector<OfferedTool> offered;
  if (!options.tools.empty()) {
    std::vector<std::string> known;
    for (const ToolRow& row : tool_rows()) {
      known.emplace_back(row.name);
      for (const std::string_view alias : row.aliases) known.emplace_back(alias);
    }
    for (const std::string& name : options.tools) {
      const ToolRow* row = tool_named(name);
      if (row == nullptr || row->people_only) {
        const auto near = closest(name, known);
        return fail(rh::ErrorKind::usage,
                    fmt::format("offer the tool: there is none of this name{}",
                                near ? fmt::format("; did you mean '{}'?", *near) : ""),
                    name);
      }
      offered.push_back({name, row});
    }
    return offered;
  }
  for (const ToolRow& row : tool_rows())
    if (!row.people_only && (options.all || row.in_default_set)) offered.push_back({std::string(row.name), &row});
  const std::size_t own = offered.size();
  for (std::size_t i = 0; options.aliases != Aliases::none && i < own; ++i) {
    const ToolRow* row = offered[i].row;
    for (const std::string_view alias : row->aliases)
      offered.push_back({std::string(alias), row, options.aliases == Aliases::all || alias.starts_with(kKnownAliases)});
  }
  return offered;
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
  if (!row.output_schema.empty() && !is_alias)
    entry["outputSchema"] = {{"type", "object"}, {"anyOf", {json::parse(row.output_schema), error_schema()}}};
  return entry;
}

}  // namespace rh::agent::mcp
