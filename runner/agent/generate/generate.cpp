#include "runner/agent/generate/generate.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/generate/code_blocks.h"
#include "runner/agent/generate/prompts.h"
#include "runner/agent/generate/strategy.h"
#include "runner/agent/http/http_client.h"
#include "runner/agent/service.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFedBack = 8000;  // of an error or output that a model sees again

std::string end_of(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  return "[...]\n" + to_valid_utf8(text.substr(text.size() - most));
}

std::map<std::string, std::string> values_of(const AgentConfig& config, const GenerationRequest& request) {
  const auto section = [](std::string_view title, const std::string& text) {
    return text.empty() ? std::string() : fmt::format("{}\n{}\n", title, text);
  };
  const bool corrects = request.prompt == "repair";
  const std::string context = request.context_json.empty() || request.context_json == "{}" ? "" : request.context_json;
  std::string limits = config.network == model::NetworkPolicy::none ? " without network" : "";
  if (config.security == SecurityMode::safe)
    limits += ", where starting programs, evaluating text as code and writing outside of the folder are blocked";
  return {{"language", std::string(name_of(request.language))},
          {"instruction", request.instruction},
          {"context", section("Data that the program finds in its variable `context`:", context) +
                          strategy_hint(request.context_json)},
          {"code", corrects ? std::string(trim(request.code)) : section("Existing code:", request.code)},
          {"previous_error", section("An earlier attempt failed:", end_of(request.previous_error, kMaxFedBack))},
          {"error", end_of(request.previous_error, kMaxFedBack)},
          {"output", end_of(request.output, kMaxFedBack)},
          {"file", request.file},
          {"limits", limits}};
}

std::optional<Provider> provider_of(const Service& service, const GenerationRequest& request, Generation& result) {
  const GenerationSettings& settings = service.config().generation;
  auto provider = chosen_provider(settings, request.provider, service.host().environment());
  if (provider) return provider;
  const std::string name = request.provider.empty() ? settings.provider : request.provider;
  result.error = name.empty() ? ErrorKind::generation_failed : ErrorKind::unsupported_provider;
  result.message = name.empty()
                       ? fmt::format(
                             "no model endpoint is configured: set generation.provider, or the key of one of {} in the "
                             "environment; code can be run without one",
                             provider_list(settings))
                       : fmt::format("there is no provider '{}'; there are {}, or a URL",
                                     to_valid_utf8(name).substr(0, 80), provider_list(settings));
  return std::nullopt;
}

void take_code(Generation& result, const ChatReply& reply, const GenerationRequest& request) {
  ChosenCode chosen = code_of_reply(reply.content, request.language);
  if (!chosen.closed && reply.finish_reason == "length") {
    result.error = ErrorKind::generation_failed;
    result.message = "the model reached its length limit in the middle of the code";
    return;
  }
  if (reply.finish_reason == "content_filter") {
    result.error = ErrorKind::generation_failed;
    result.message = "the endpoint withheld the reply (content_filter)";
    return;
  }
  result.code = std::move(chosen.code);
  if (result.code.empty() && !result.steps.empty()) result.code = result.steps.back().code;
  if (!result.code.empty()) return;
  result.error = ErrorKind::no_result;
  result.message = fmt::format(
      "code was asked for, and the reply has none in {}: ask explicitly for a program that is to be run. It said: {}",
      name_of(request.language), to_valid_utf8(trim(std::string_view(reply.content).substr(0, 300))));
}

}  // namespace

Generation generate(Service& service, const CallContext& context, const GenerationRequest& request) {
  const Nanoseconds started = monotonic_now();
  const GenerationSettings& settings = service.config().generation;
  Generation result;
  const auto provider = provider_of(service, request, result);
  if (!provider) return result;
  ChatRequest chat{*provider,
                   request.model.empty() ? settings.model : request.model,
                   request.temperature.value_or(settings.temperature),
                   request.timeout.value_or(settings.timeout),
                   {},
                   request.own_interpreter};
  result.provider = provider->name;
  result.model = chat.model.empty() ? provider->model : chat.model;
  result.temperature = chat.temperature;
  if (chat.temperature > kHighTemperature)
    result.warnings.push_back(
        fmt::format("a temperature of {} makes code unreliable: 0.1 to 0.2 is usual", chat.temperature));
  const auto prompt = prompt_named(request.prompt, settings.templates);
  if (!prompt) {
    result.error = ErrorKind::generation_failed;
    result.message = prompt.error().message();
    return result;
  }
  result.prompt_origin = prompt->origin;
  const auto values = values_of(service.config(), request);
  if (const std::string system = filled(prompt->system, values); !system.empty())
    chat.messages.push_back({"system", system});
  chat.messages.push_back({"user", filled(prompt->user, values)});
  if (context.on_progress)
    context.on_progress({fmt::format("asking {} ({})", result.provider, result.model), std::nullopt, std::nullopt});
  std::size_t told = 0, received = 0;
  ChatContext chat_context{http_program(service.paths().program), service.host().environment(), context.cancel, {}};
  chat_context.on_text = [&](std::string_view text) {
    received += text.size();
    if (!context.on_progress || received - told < 1000) return;
    told = received;
    context.on_progress({fmt::format("{} characters so far", received), std::nullopt, std::nullopt});
  };
  ChatOutcome outcome = ask_model(chat, chat_context);
  result.wall = monotonic_now() - started;
  result.tries = outcome.tries;
  result.error = outcome.error;
  result.message = service.secrets().redact(outcome.message);
  if (result.error != ErrorKind::none) return result;
  ChatReply& reply = outcome.reply;
  if (!reply.model.empty()) result.model = reply.model;
  result.finish_reason = reply.finish_reason;
  result.prompt_tokens = reply.prompt_tokens;
  result.completion_tokens = reply.completion_tokens;
  result.steps = std::move(reply.steps);
  result.reply = service.secrets().redact(to_valid_utf8(reply.content));
  take_code(result, reply, request);
  return result;
}

Result<GenerationRequest> generation_request(const json& arguments) {
  GenerationRequest request;
  const auto text = [&](const char* name) { return arguments.value(name, std::string()); };
  request.instruction = text("instruction");
  if (trim(request.instruction).empty())
    return fail(rh::ErrorKind::usage, "read the arguments: 'instruction' says what the code is to do, and is empty");
  if (const std::string language = text("language"); !language.empty()) {
    const auto known = language_named(language);
    if (!known)
      return fail(rh::ErrorKind::unsupported,
                  fmt::format("there is no language '{}': {}", to_valid_utf8(language), language_list()));
    request.language = *known;
  }
  request.code = text("code");
  request.previous_error = text("previous_error");
  request.provider = text("provider");
  request.model = text("model");
  request.file = text("file");
  if (arguments.contains("context")) request.context_json = arguments["context"].dump();
  if (arguments.contains("temperature")) request.temperature = arguments["temperature"].get<double>();
  if (request.temperature && (*request.temperature < 0 || *request.temperature > 2))
    return fail(rh::ErrorKind::usage, "read the arguments: a temperature is 0 to 2");
  if (arguments.contains("generation_timeout"))
    request.timeout =
        std::chrono::milliseconds(static_cast<long>(arguments["generation_timeout"].get<double>() * 1000));
  if (request.timeout && request.timeout->count() <= 0)
    return fail(rh::ErrorKind::usage, "read the arguments: 'generation_timeout' must be more than 0 seconds");
  request.own_interpreter = text("interpreter") == "provider";
  return request;
}

json to_json(const Generation& generation) {
  const auto count = [](const std::optional<std::uint64_t>& value) { return value ? json(*value) : json(); };
  return {{"provider", generation.provider},
          {"model", generation.model},
          {"temperature", generation.temperature},
          {"generated_code", generation.code},
          {"finish_reason", generation.finish_reason},
          {"prompt", generation.prompt_origin},
          {"prompt_tokens", count(generation.prompt_tokens)},
          {"completion_tokens", count(generation.completion_tokens)},
          {"generation_time", std::chrono::duration<double>(generation.wall).count()},
          {"tries", generation.tries},
          {"warnings", generation.warnings}};
}

}  // namespace rh::agent
