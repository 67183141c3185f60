#include "runner/agent/custom/custom_tools.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/project/child.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/service.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = R"({"type":"object","required":["success"],"properties":{
"success":{"type":"boolean"},"tool":{"type":"string"},"stdout":{"type":"string"},"stderr":{"type":"string"},
"exit_code":{"type":["integer","null"]},"ending":{"type":"string"},"execution_time":{"type":"number"},
"error":{"type":["object","null"]}}})";

Result<void> check(const CustomTool& tool, const json& arguments) {
  for (const auto& [name, value] : arguments.items()) {
    if (!tool.arguments.contains(name)) {
      std::vector<std::string> known;
      for (const auto& [one, help] : tool.arguments) known.push_back(one);
      const auto near = closest(name, known);
      return fail(rh::ErrorKind::usage,
                  fmt::format("the tool {} has no argument '{}'{}", tool.name, to_valid_utf8(name).substr(0, 80),
                              near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
    if (!value.is_string() && !value.is_number() && !value.is_boolean())
      return fail(rh::ErrorKind::usage, fmt::format("the argument '{}' must be a text", name));
    if (value.is_string() && value.get_ref<const std::string&>().find('\0') != std::string::npos)
      return fail(rh::ErrorKind::usage, fmt::format("the argument '{}' has a zero byte in it", name));
  }
  for (const auto& [name, help] : tool.arguments)
    if (!arguments.contains(name)) return fail(rh::ErrorKind::usage, fmt::format("the argument '{}' is missing", name));
  return {};
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

ErrorKind kind_of(const json& record) {
  const std::string ending = record.value("ending", std::string());
  if (ending == "exited") return record.value("exit_code", json()) == json(0) ? ErrorKind::none : ErrorKind::code_error;
  if (ending == "wall_time") return ErrorKind::timeout;
  if (ending == "cpu_time") return ErrorKind::cpu_limit;
  if (ending == "memory") return ErrorKind::memory_limit;
  if (ending == "pids") return ErrorKind::process_limit;
  if (ending == "output_limit") return ErrorKind::output_limit;
  if (ending == "start_failed") return ErrorKind::runtime_missing;
  return ending == "cancelled" ? ErrorKind::cancelled : ErrorKind::code_error;
}

ToolAnswer answer_of_record(const Service& service, const CustomTool& tool, const json& record) {
  const ErrorKind kind = kind_of(record);
  const std::size_t most = service.config().max_output_bytes;
  const auto stream = [&](const char* name) {
    std::string text = service.secrets().redact(record.value(name, std::string()));
    if (text.size() > most) text = text.substr(0, most) + "\n[...]";
    return to_valid_utf8(text);
  };
  json structured = {{"success", kind == ErrorKind::none},
                     {"tool", tool.name},
                     {"stdout", stream("stdout")},
                     {"stderr", stream("stderr")},
                     {"exit_code", record.value("exit_code", json())},
                     {"ending", record.value("ending", json())},
                     {"execution_time", record.value("wall_ms", 0.0) / 1000},
                     {"error", nullptr}};
  ToolAnswer answer;
  if (kind != ErrorKind::none) {
    answer = error_answer(kind, fmt::format("{} ended with {}", tool.name,
                                            record.value("exit_code", json()).is_number()
                                                ? fmt::format("exit code {}", record["exit_code"].get<int>())
                                                : record.value("ending", std::string("no result"))));
    structured["error"] = json::parse(answer.structured)["error"];
  }
  const std::string out = structured["stdout"], errors = structured["stderr"];
  answer.text = kind == ErrorKind::none ? out : fmt::format("{}\n{}{}", answer.text, out, errors);
  answer.structured = structured.dump(-1, ' ', false, json::error_handler_t::replace);
  return answer;
}

std::vector<std::string> run_words(const Service& service, std::vector<std::string> command) {
  const AgentConfig& config = service.config();
  std::vector<std::string> words{service.paths().program.string(),
                                 "run",
                                 "--json",
                                 "--preset",
                                 config.preset,
                                 "--timeout",
                                 fmt::format("{}ms", config.tool_timeout.count()),
                                 "--memory",
                                 fmt::format("{}", config.memory_bytes),
                                 "--network",
                                 config.network == model::NetworkPolicy::host ? "host" : "none",
                                 "--"};
  words.insert(words.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
  return words;
}

ToolAnswer run_named(Service& service, const CallContext& context, const json& arguments) {
  const std::string name = arguments.value("name", std::string());
  const CustomTool* tool = custom_tool_named(service.config(), name);
  if (tool == nullptr) {
    std::vector<std::string> known;
    for (const CustomTool& one : service.config().tools) known.push_back(one.name);
    return error_answer(ErrorKind::not_found,
                        fmt::format("the configuration has no tool '{}'{}", to_valid_utf8(name).substr(0, 80),
                                    known.empty() ? ": it adds none" : "; it has " + join(known, ", ")));
  }
  return call_custom_tool(service, context, *tool, arguments.value("arguments", json::object()));
}

}  // namespace

const CustomTool* custom_tool_named(const AgentConfig& config, std::string_view name) {
  for (const CustomTool& tool : config.tools)
    if (tool.name == name && tool_named(name) == nullptr) return &tool;
  return nullptr;
}

json custom_tool_entries(const AgentConfig& config) {
  json entries = json::array();
  for (const CustomTool& tool : config.tools) {
    if (tool_named(tool.name) != nullptr) continue;
    json schema = {{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
    for (const auto& [name, help] : tool.arguments) {
      schema["properties"][name] = {{"type", "string"}, {"description", help}};
      schema["required"].push_back(name);
    }
    entries.push_back({{"name", tool.name},
                       {"description", tool.description},
                       {"inputSchema", std::move(schema)},
                       {"outputSchema", json::parse(kSchema)}});
  }
  return entries;
}

std::vector<std::string> filled_command(const CustomTool& tool, const json& arguments) {
  std::vector<std::string> words;
  for (const std::string& pattern : tool.command) {
    std::string word;
    // In one pass: what an argument brings in is not looked at again.
    for (std::size_t at = 0; at < pattern.size();) {
      const std::size_t end = pattern[at] == '{' ? pattern.find('}', at) : std::string::npos;
      const std::string name = end == std::string::npos ? "" : pattern.substr(at + 1, end - at - 1);
      if (!name.empty() && arguments.contains(name)) {
        word += text_of(arguments[name]);
        at = end + 1;
      } else {
        word += pattern[at++];
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

ToolAnswer call_custom_tool(Service& service, const CallContext& context, const CustomTool& tool,
                            const json& arguments) {
  if (!arguments.is_object()) return error_answer(ErrorKind::invalid_request, "the arguments are no object");
  if (const auto good = check(tool, arguments); !good)
    return error_answer(ErrorKind::invalid_request, good.error().what);
  if (const Permission permission = permission_to_run(service, context, {}); permission.error != ErrorKind::none)
    return error_answer(permission.error, permission.message);
  ChildSpec spec;
  spec.argv = run_words(service, filled_command(tool, arguments));
  spec.cwd = service.paths().project;
  spec.environment = service.host().environment();
  spec.timeout = service.config().tool_timeout + std::chrono::seconds(10);
  ChildHooks hooks;
  hooks.cancel = context.cancel;
  const auto ended = run_child(spec, hooks);
  if (!ended) return error_answer(ErrorKind::sandbox_error, ended.error().message());
  if (ended->cancelled) return error_answer(ErrorKind::cancelled, "cancelled by the caller");
  const json record = json::parse(ended->output, nullptr, false);
  if (!record.is_object())
    return error_answer(ErrorKind::sandbox_error,
                        to_valid_utf8(trim(ended->errors.empty() ? std::string_view("the sandbox gave no record")
                                                                 : std::string_view(ended->errors))));
  return answer_of_record(service, tool, record);
}

std::vector<ToolRow> custom_tools() {
  return {{"run_custom_tool",
           "tool",
           "run a tool that the configuration adds",
           "Runs the command of a [[tools]] entry of the user's configuration in the sandbox.",
           {{"name", ArgumentType::text, "its name", "NAME", "NAME", {}, true},
            {"arguments", ArgumentType::map, "its arguments", "--argument", "NAME=VALUE"}},
           kSchema,
           {false, true, false, true},
           run_named,
           {},
           false}};
}

}  // namespace rh::agent
