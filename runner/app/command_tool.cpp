// The commands that are tools of agents, too: arguments from flags or from a JSON document, the same call as over MCP,
// the answer as text or as its JSON.
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/service.h"
#include "runner/agent/standard_input.h"
#include "runner/agent/tool.h"
#include "runner/app/commands.h"
#include "runner/app/run_signals.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/machine_host.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;
using agent::ArgumentRow;
using agent::ArgumentType;
using nlohmann::json;

constexpr std::uint64_t kMaxRequestBytes = 64ULL << 20;

Result<json> parse_json(const std::string& text, const std::string& subject) {
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return fail(ErrorKind::parse, "read the arguments: this is no JSON", subject);
  return value;
}

Result<json> value_of(const ArgumentRow& row, const std::vector<std::string>& texts) {
  const std::string& last = texts.back();
  const std::string subject = fmt::format("--{}", row.name);
  switch (row.type) {
    case ArgumentType::text:
      return json(last);
    case ArgumentType::boolean:
      return json(last != "false");
    case ArgumentType::texts:
      return json(texts);
    case ArgumentType::integer:
      if (const auto number = parse_i64(last)) return json(*number);
      return fail(ErrorKind::usage, fmt::format("read the argument: '{}' is no whole number", last), subject);
    case ArgumentType::number:
      if (const auto number = parse_double(last)) return json(*number);
      return fail(ErrorKind::usage, fmt::format("read the argument: '{}' is no number", last), subject);
    case ArgumentType::map: {
      json map = json::object();
      for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos)
          return fail(ErrorKind::usage, fmt::format("read the argument: '{}' is not NAME=VALUE", text), subject);
        map[text.substr(0, equals)] = text.substr(equals + 1);
      }
      return map;
    }
    case ArgumentType::object:
    case ArgumentType::objects:
      if (!last.starts_with('@')) return parse_json(last, subject);
      RH_TRY(const std::string text, read_file(last.substr(1), kMaxRequestBytes));
      return parse_json(text, last.substr(1));
  }
  return json();
}

Result<json> request_file(const CommandLine& line) {
  if (line.request.empty()) return json::object();
  RH_TRY(const std::string text, line.request == "-"
                                     ? agent::read_standard_input(kMaxRequestBytes, "read the arguments")
                                     : read_file(line.request, kMaxRequestBytes));
  RH_TRY(json request, parse_json(text, line.request));
  if (!request.is_object()) return fail(ErrorKind::parse, "read the arguments: this is no JSON object", line.request);
  return request;
}

// Words without a dash fill the positional arguments in the order of their rows; one that repeats takes the rest.
Result<void> take_operands(const agent::ToolRow& tool, std::vector<std::string> words, json& arguments) {
  auto next = words.begin();
  for (const ArgumentRow& row : tool.arguments) {
    if (row.flag.empty() || row.flag.starts_with('-') || next == words.end()) continue;
    const auto end = row.type == ArgumentType::texts ? words.end() : next + 1;
    RH_TRY(arguments[std::string(row.name)], value_of(row, {next, end}));
    next = end;
  }
  if (next == words.end()) return {};
  return fail(ErrorKind::usage, fmt::format("read the command line: '{}' is one argument too many", *next));
}

Result<const agent::ToolRow*> chosen_tool(const CommandLine& line) {
  if (const auto* tool = agent::tool_of_command(line.word, {})) return tool;
  std::vector<std::string> actions;
  for (const agent::ToolRow& row : agent::tool_rows())
    if (row.command.starts_with(line.word + " ")) actions.emplace_back(row.command.substr(line.word.size() + 1));
  if (line.operands.empty())
    return fail(ErrorKind::usage, fmt::format("run {}: say what to do: {}", line.word, join(actions, ", ")));
  if (const auto* tool = agent::tool_of_command(line.word, line.operands.front())) return tool;
  const auto near = closest(line.operands.front(), actions);
  return fail(ErrorKind::usage,
              fmt::format("run {}: there is no action '{}'{}", line.word, line.operands.front(),
                          near ? fmt::format("; did you mean '{}'?", *near) : ": " + join(actions, ", ")));
}

Result<json> arguments_of(const CommandLine& line, const agent::ToolRow& tool) {
  RH_TRY(json arguments, request_file(line));
  for (const auto& [name, texts] : line.named) {
    const auto row = std::find_if(tool.arguments.begin(), tool.arguments.end(),
                                  [&, &key = name](const ArgumentRow& one) { return one.name == key; });
    if (row == tool.arguments.end())
      return fail(ErrorKind::usage, fmt::format("run {}: it has no argument '{}'", tool.command, name));
    RH_TRY(arguments[name], value_of(*row, texts));
  }
  std::vector<std::string> words = line.operands;
  if (tool.command != line.word && !words.empty()) words.erase(words.begin());
  words.insert(words.end(), line.extra_args.begin(), line.extra_args.end());
  RH_CHECK(take_operands(tool, std::move(words), arguments));
  return arguments;
}

bool ask_on_terminal(std::string_view question) {
  print_error(fmt::format("{}\nRun it? [y/N] ", question));
  std::string word;
  for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) word += c;
  return is_one_of(trim(word), {"y", "Y", "yes", "Yes", "YES"});
}

void print_stream(model::Stream stream, std::string_view bytes) {
  (stream == model::Stream::standard_output ? print : print_error)(bytes);
}

}  // namespace

Result<std::unique_ptr<agent::Service>> open_agent_service(const CommandLine& line,
                                                           const std::function<void(agent::AgentConfig&)>& adjust) {
  RH_TRY(const fs::path here, working_directory());
  agent::ConfigSources sources{here, line.config_file, line.no_config, engine::current_environment(),
                               line.trust_project_config};
  RH_TRY(agent::AgentConfig config, agent::load_agent_config(sources));
  if (adjust) adjust(config);
  std::error_code ignored;
  agent::ServicePaths paths{here, here / ".runharness/agent", fs::read_symlink("/proc/self/exe", ignored)};
  return std::make_unique<agent::Service>(std::move(config), std::move(paths), std::move(sources.environment));
}

Result<int> run_tool(const CommandLine& line) {
  RH_TRY(auto signals, RunSignals::install());
  RH_TRY(const agent::ToolRow* tool, chosen_tool(line));
  RH_TRY(const json arguments, arguments_of(line, *tool));
  RH_TRY(const auto service, open_agent_service(line));
  agent::CallContext context;
  context.cancel = signals.descriptor();
  if (!line.json && tool->streams) context.on_output = print_stream;
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) context.ask = ask_on_terminal;
  const agent::ToolAnswer answer = agent::call_tool(*tool, *service, context, arguments);
  if (line.json)
    print(answer.structured + "\n");
  else if (!answer.text.empty())
    (tool->streams || answer.error != agent::ErrorKind::none ? print_error : print)(
        answer.text.ends_with('\n') ? answer.text : answer.text + "\n");
  return signals.first() != 0 ? 128 + signals.first() : answer.exit_code;
}

}  // namespace rh::app
