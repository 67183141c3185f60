#include "runner/agent/tool.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/service.h"
#include "runner/agent/telemetry/telemetry.h"
#include "runner/agent/tool_tables.h"
#include "runner/base/text.h"

namespace rh::agent {
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

// Only arguments of the same type can be told from text by a caller who sees the schema.
json schema_of(const ArgumentRow& row) {
  json schema;
  switch (row.type) {
    case ArgumentType::text:
      schema["type"] = "string";
      break;
    case ArgumentType::integer:
      schema["type"] = "integer";
      break;
    case ArgumentType::number:
      schema["type"] = "number";
      break;
    case ArgumentType::boolean:
      schema["type"] = "boolean";
      break;
    case ArgumentType::texts:
      schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
      break;
    case ArgumentType::map:
      schema = {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
      break;
    case ArgumentType::object:
      schema["type"] = "object";
      break;
    case ArgumentType::objects:
      schema = {{"type", "array"}, {"items", {{"type", "object"}}}};
      break;
  }
  schema["description"] = row.help;
  if (!row.choices.empty())
    for (const std::string_view choice : split(row.choices, '|')) schema["enum"].push_back(choice);
  return schema;
}

// 3.0 is a whole number to JSON schema. Beyond what a double counts exactly it is none to us.
bool is_whole(const json& value) {
  constexpr double kMost = 9'007'199'254'740'992.0;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return std::fabs(number) <= kMost && std::trunc(number) == number;
}

bool has_type(ArgumentType type, const json& value) {
  const auto all = [&](auto is) { return std::all_of(value.begin(), value.end(), is); };
  switch (type) {
    case ArgumentType::text:
      return value.is_string();
    case ArgumentType::integer:
      return value.is_number_integer() || is_whole(value);
    case ArgumentType::number:
      return value.is_number();
    case ArgumentType::boolean:
      return value.is_boolean();
    case ArgumentType::texts:
      return value.is_array() && all([](const json& one) { return one.is_string(); });
    case ArgumentType::map:
      return value.is_object() && all([](const json& one) { return one.is_string(); });
    case ArgumentType::object:
      return value.is_object();
    case ArgumentType::objects:
      return value.is_array() && all([](const json& one) { return one.is_object(); });
  }
  return false;
}

constexpr std::array<std::string_view, 8> kTypeNames{"text",  "integer", "number", "boolean",
                                                     "texts", "map",     "object", "objects"};

json describe(const ArgumentRow& row) {
  return {{"name", row.name},
          {"type", kTypeNames[static_cast<std::size_t>(row.type)]},
          {"flag", row.offered == Offered::mcp ? json() : json(flag_of(row))},
          {"mcp", row.offered != Offered::command_line},
          {"required", row.required},
          {"help", row.help}};
}

std::string_view type_text(ArgumentType type) {
  switch (type) {
    case ArgumentType::text:
      return "a string";
    case ArgumentType::integer:
      return "a whole number";
    case ArgumentType::number:
      return "a number";
    case ArgumentType::boolean:
      return "true or false";
    case ArgumentType::texts:
      return "an array of strings";
    case ArgumentType::map:
      return "an object of strings";
    case ArgumentType::object:
      return "an object";
    case ArgumentType::objects:
      return "an array of objects";
  }
  return "";
}

Result<void> check_value(const ArgumentRow& row, const json& value) {
  if (!has_type(row.type, value))
    return fail(rh::ErrorKind::usage, fmt::format("read the argument: '{}' must be {}", row.name, type_text(row.type)));
  if (row.choices.empty() || !value.is_string()) return {};
  const auto choices = split(row.choices, '|');
  if (std::find(choices.begin(), choices.end(), value.get_ref<const std::string&>()) != choices.end()) return {};
  std::string list;
  for (const std::string_view choice : choices) list += fmt::format("{}{}", list.empty() ? "" : ", ", choice);
  return fail(rh::ErrorKind::usage, fmt::format("read the argument: '{}' is one of {}, not '{}'", row.name, list,
                                                value.get_ref<const std::string&>()));
}

}  // namespace

const std::vector<ToolRow>& tool_rows() {
  static const std::vector<ToolRow> rows = [] {
    std::vector<ToolRow> all;
    for (const auto table : tool_tables()) {
      auto some = table();
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }();
  return rows;
}

const ToolRow* tool_named(std::string_view name) {
  for (const ToolRow& row : tool_rows())
    if (row.name == name || std::find(row.aliases.begin(), row.aliases.end(), name) != row.aliases.end()) return &row;
  return nullptr;
}

const ToolRow* tool_of_command(std::string_view command, std::string_view action) {
  const std::string wanted = action.empty() ? std::string(command) : fmt::format("{} {}", command, action);
  for (const ToolRow& row : tool_rows())
    if (row.command == wanted) return &row;
  return nullptr;
}

std::string flag_of(const ArgumentRow& argument) {
  if (!argument.flag.empty()) return std::string(argument.flag);
  std::string flag = "--" + std::string(argument.name);
  std::replace(flag.begin() + 2, flag.end(), '_', '-');
  return flag;
}

json input_schema(const ToolRow& tool) {
  json schema = {{"type", "object"}, {"additionalProperties", false}};
  for (const ArgumentRow& row : tool.arguments) {
    if (row.offered == Offered::command_line) continue;
    schema["properties"][std::string(row.name)] = schema_of(row);
    if (row.required) schema["required"].push_back(row.name);
  }
  return schema;
}

json output_schema(const ToolRow& tool) {
  return {{"type", "object"}, {"anyOf", {json::parse(tool.output_schema), error_schema()}}};
}

std::string tools_document() {
  json tools = json::array();
  for (const ToolRow& row : tool_rows()) {
    json arguments = json::array();
    for (const ArgumentRow& argument : row.arguments) arguments.push_back(describe(argument));
    tools.push_back({{"name", row.name},
                     {"aliases", row.aliases},
                     {"command", row.command},
                     {"title", row.title},
                     {"description", row.description},
                     {"arguments", std::move(arguments)},
                     {"input_schema", input_schema(row)},
                     {"output_schema", output_schema(row)}});
  }
  return json{{"schema", "runharness.tools"}, {"schema_version", 1}, {"tools", std::move(tools)}}.dump(2) + "\n";
}

Result<void> check_arguments(const ToolRow& tool, const json& arguments) {
  if (!arguments.is_object()) return fail(rh::ErrorKind::usage, "read the arguments: they are no JSON object");
  for (const auto& [name, value] : arguments.items()) {
    const auto row = std::find_if(tool.arguments.begin(), tool.arguments.end(),
                                  [&, &key = name](const ArgumentRow& one) { return one.name == key; });
    if (row == tool.arguments.end()) {
      std::vector<std::string> known;
      for (const ArgumentRow& one : tool.arguments) known.emplace_back(one.name);
      const auto near = closest(name, known);
      return fail(rh::ErrorKind::usage,
                  fmt::format("read the arguments: {} has no '{}'{}", tool.name, to_valid_utf8(name).substr(0, 80),
                              near ? fmt::format("; did you mean '{}'?", *near) : std::string()));
    }
    RH_CHECK(check_value(*row, value));
  }
  for (const ArgumentRow& row : tool.arguments)
    if (row.required && !arguments.contains(row.name))
      return fail(rh::ErrorKind::usage, fmt::format("read the arguments: '{}' is missing", row.name));
  return {};
}

namespace {

ToolAnswer called(const ToolRow& tool, Service& service, const CallContext& context, const json& arguments) {
  try {
    return tool.call(service, context, arguments);
  } catch (const std::exception& problem) {
    return error_answer(ErrorKind::internal_error, problem.what());
  }
}

// A single execution has a span of its own, and so has a call over MCP.
ToolAnswer traced(const ToolRow& tool, Service& service, const CallContext& context, const json& arguments) {
  if (context.over_mcp || tool.command.empty() || tool.command == "exec" || !service.telemetry().enabled())
    return called(tool, service, context, arguments);
  const OpenSpan span = service.telemetry().begin(context.trace_parent);
  CallContext below = context;
  below.trace_parent = traceparent_of(span.ids);
  ToolAnswer answer = called(tool, service, below, arguments);
  service.telemetry().end_command(span, tool.name, tool.command, answer.error);
  return answer;
}

}  // namespace

ToolAnswer call_tool(const ToolRow& tool, Service& service, const CallContext& context, const json& arguments) {
  if (const auto good = check_arguments(tool, arguments); !good)
    return error_answer(ErrorKind::invalid_request, good.error().what);
  return traced(tool, service, context, arguments);
}

ToolAnswer error_answer(ErrorKind kind, const std::string& message) {
  constexpr std::size_t kMaxMessage = 8'000;  // what a caller sent is not sent back whole
  const ErrorKindRow& row = row_of(kind);
  if (message.size() > kMaxMessage)
    return error_answer(kind, to_valid_utf8(message.substr(0, kMaxMessage - 100)) +
                                  fmt::format("... ({} bytes more)", message.size() - kMaxMessage + 100));
  const json structured = {{"success", false},
                           {"error",
                            {{"kind", row.name},
                             {"category", name_of(row.category)},
                             {"message", to_valid_utf8(message)},
                             {"retry", row.retry_same},
                             {"retry_changed", row.retry_changed}}}};
  return {kind, message, structured.dump(), {}, {}, row.exit_code};
}

ToolAnswer answer_of(const json& structured, std::string text) {
  return {ErrorKind::none, std::move(text), structured.dump(-1, ' ', false, json::error_handler_t::replace), {}, {}, 0};
}

}  // namespace rh::agent
