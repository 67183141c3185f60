// The tools safety_check and execution_options.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/generate/providers.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/service.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr double kHighTemperature = 0.7;

ExecutionRequest request_of(const json& arguments) {
  ExecutionRequest request;
  request.enable = arguments.value("enable", false);
  request.allow_production = arguments.value("allow_prod", false);
  if (arguments.contains("security"))
    request.security = arguments["security"] == "permissive" ? SecurityMode::permissive : SecurityMode::safe;
  if (arguments.contains("execution_mode"))
    request.mode = arguments["execution_mode"] == "exec" ? ExecutionMode::exec : ExecutionMode::subprocess;
  if (arguments.contains("network"))
    request.network = arguments["network"] == "host" ? model::NetworkPolicy::host : model::NetworkPolicy::none;
  if (arguments.contains("env_vars")) request.env = arguments["env_vars"].get<std::map<std::string, std::string>>();
  return request;
}

ToolAnswer safety_check(Service& service, const CallContext& context, const json& arguments) {
  ExecutionRequest request = request_of(arguments);
  withhold_rights(service.config(), context, request);
  const Audience audience{arguments.value("public_facing", false), arguments.value("untrusted", false)};
  const std::vector<Concern> concerns = concerns_of(service, request, audience);
  const Permission permission = permission_to_run(service, context, request);
  json list = json::array();
  std::string text = concerns.empty() ? "safe: no concerns" : "";
  for (const Concern& concern : concerns) {
    list.push_back({{"id", concern.id}, {"message", concern.message}, {"blocks", concern.blocks}});
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", concern.blocks ? "blocks" : "concern", concern.message);
  }
  const bool enabled = permission.error != ErrorKind::not_enabled;
  text += enabled ? "\nrunning code is enabled" : "\n" + permission.message;
  for (const std::string& ignored : service.config().ignored) text += "\nconfiguration: " + ignored;
  const json structured = {{"success", true},
                           {"safe", concerns.empty()},
                           {"enabled", enabled},
                           {"production", !service.config().production_sign.empty()},
                           {"concerns", std::move(list)},
                           {"ignored_configuration", service.config().ignored}};
  ToolAnswer answer = answer_of(structured, std::move(text));
  answer.exit_code = concerns.empty() ? 0 : 1;
  return answer;
}

// Options of a caller with those of the configuration below them, ready for generate_and_run and execute_code.
ToolAnswer execution_options(Service& service, const CallContext& context, const json& arguments) {
  const AgentConfig& config = service.config();
  json options = arguments.value("options", json::object());
  const std::string name = arguments.value("provider", options.value("provider", std::string()));
  const auto provider = chosen_provider(config.generation, name, service.host().environment());
  if (!name.empty() && !provider)
    return error_answer(
        ErrorKind::unsupported_provider,
        fmt::format("there is no provider '{}': {}", to_valid_utf8(name), provider_list(config.generation)));
  ExecutionRequest request;
  request.enable = arguments.value("enable", options.value("enable", false));
  request.allow_production = arguments.value("allow_prod", false);
  if (const Permission permission = permission_to_run(service, context, request); permission.error != ErrorKind::none)
    return error_answer(permission.error, permission.message);
  options["enable"] = true;
  if (provider) options["provider"] = provider->name == "custom" ? provider->url : provider->name;
  if (provider && !options.contains("model") && !provider->model.empty()) options["model"] = provider->model;
  if (!options.contains("temperature")) options["temperature"] = config.generation.temperature;
  if (arguments.contains("timeout")) options["timeout"] = arguments["timeout"];
  if (!options.contains("timeout"))
    options["timeout"] = std::chrono::duration_cast<std::chrono::seconds>(config.timeout).count();
  json warnings = json::array();
  if (options["temperature"].is_number() && options["temperature"].get<double>() > kHighTemperature)
    warnings.push_back(fmt::format("a temperature of {} makes code unreliable: 0.1 to 0.2 is usual",
                                   options["temperature"].get<double>()));
  return answer_of({{"success", true}, {"options", options}, {"warnings", warnings}}, options.dump());
}

constexpr std::string_view kSafetySchema = R"({"type":"object","required":["success"],"properties":{
"success":{"type":"boolean"},"safe":{"type":"boolean"},"enabled":{"type":"boolean"},"production":{"type":"boolean"},
"concerns":{"type":"array","items":{"type":"object","required":["id","message","blocks"],"properties":{
"id":{"type":"string"},"message":{"type":"string"},"blocks":{"type":"boolean"}}}},
"ignored_configuration":{"type":"array","items":{"type":"string"}},"error":{"type":"object"}}})";
constexpr std::string_view kOptionsSchema = R"({"type":"object","required":["success"],"properties":{
"success":{"type":"boolean"},"options":{"type":"object"},"warnings":{"type":"array","items":{"type":"string"}},
"error":{"type":"object"}}})";

const ArgumentRow kEnable{"enable", ArgumentType::boolean, "judge as if running code were enabled by the caller"};
const ArgumentRow kAllowProd{"allow_prod", ArgumentType::boolean, "also where the environment says production"};

}  // namespace

std::vector<ToolRow> safety_tools() {
  return {
      {"safety_check",
       "safety-check",
       "say whether running code here would be wise",
       "Tells whether running code is enabled, and what speaks against it in words: a production environment, no "
       "sandbox, "
       "network, a permissive mode, an open server. Runs nothing.",
       {kEnable,
        kAllowProd,
        {"security", ArgumentType::text, "what validation would block", {}, {}, "safe|permissive"},
        {"execution_mode",
         ArgumentType::text,
         "how code would be run",
         "--mode,--execution-mode",
         {},
         "subprocess|exec"},
        {"network", ArgumentType::text, "network the code would have", {}, {}, "none|host"},
        {"env_vars", ArgumentType::map, "variables the code would be given", "--env,--env-vars", "NAME=VALUE"},
        {"public_facing", ArgumentType::boolean, "strangers can reach what runs the code"},
        {"untrusted", ArgumentType::boolean, "nobody has read the code"}},
       kSafetySchema,
       {true, false, true, false},
       safety_check},
      {"execution_options",
       "execution-options",
       "merge a caller's options with the configuration",
       "Opts in to running code: base options (such as temperature), provider, timeout and enable are merged with the "
       "configuration and given back, or the reason why running code is not allowed.",
       {{"options", ArgumentType::object, "base options, which are kept", {}, "JSON"},
        {"provider", ArgumentType::text, "whose model writes code", {}, "NAME"},
        {"timeout", ArgumentType::integer, "wall time of a run in seconds", {}, "SECONDS"},
        {"enable", ArgumentType::boolean, "code may be run"},
        kAllowProd},
       kOptionsSchema,
       {true, false, true, false},
       execution_options},
  };
}

}  // namespace rh::agent
