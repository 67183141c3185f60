// Tools of the conformance suite that ask the client for something.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tests/agents/mcp/fixture_host.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

json elicit(const char* message, json properties, json required) {
  return {{"method", "elicitation/create"},
          {"params",
           {{"message", message},
            {"requestedSchema",
             {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}}}}}};
}

json elicit_text(const char* message, const char* field) {
  return elicit(message, {{field, {{"type", "string"}}}}, json::array({field}));
}

json sample(const std::string& words, int tokens) {
  return {
      {"method", "sampling/createMessage"},
      {"params",
       {{"messages", {{{"role", "user"}, {"content", {{"type", "text"}, {"text", words}}}}}}, {"maxTokens", tokens}}}};
}

json list_roots() { return {{"method", "roots/list"}, {"params", json::object()}}; }

const json* answer_to(const Call& call, const char* name) {
  const auto found = call.answers().find(name);
  return found == call.answers().end() || !found->is_object() ? nullptr : &*found;
}

std::string said(const json* answer, const char* field) {
  if (answer == nullptr || !answer->contains("content")) return "unknown";
  const json& content = answer->at("content");
  return content.is_object() ? content.value(field, "unknown") : "unknown";
}

std::size_t roots_in(const json* answer) {
  const auto roots = answer->find("roots");
  return roots == answer->end() ? 0 : roots->size();
}

Reply text(const std::string& words) { return reply_with(text_result(words)); }

// Legacy names: the answer of the client, word by word.
Reply elicitation(Call& call, const char* verb, json question) {
  const json* answer = answer_to(call, "question");
  if (answer == nullptr) return ask_client({{"question", std::move(question)}}, {});
  return text(fmt::format("{}: action={}, content={}", verb, answer->value("action", ""),
                          answer->value("content", json::object()).dump()));
}

json defaults() {
  return json::parse(R"({"name": {"type": "string", "description": "User name", "default": "John Doe"},
    "age": {"type": "integer", "description": "User age", "default": 30},
    "score": {"type": "number", "description": "User score", "default": 95.5},
    "status": {"type": "string", "description": "User status", "enum": ["active", "inactive", "pending"],
               "default": "active"},
    "verified": {"type": "boolean", "description": "Verification status", "default": true}})");
}

json choices() {
  return json::parse(R"({
    "untitledSingle": {"type": "string", "description": "one", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {"type": "string", "description": "one", "oneOf": [{"const": "value1", "title": "First Option"},
      {"const": "value2", "title": "Second Option"}, {"const": "value3", "title": "Third Option"}]},
    "legacyEnum": {"type": "string", "description": "one", "enum": ["opt1", "opt2", "opt3"],
      "enumNames": ["Option One", "Option Two", "Option Three"]},
    "untitledMulti": {"type": "array", "description": "some", "minItems": 1, "maxItems": 3,
      "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
    "titledMulti": {"type": "array", "description": "some", "minItems": 1, "maxItems": 3,
      "items": {"anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"},
      {"const": "value3", "title": "Third Choice"}]}}})");
}

Reply sampling(Call& call, const json& arguments) {
  const json* answer = answer_to(call, "sample");
  if (answer == nullptr) return ask_client({{"sample", sample(arguments.value("prompt", ""), 100)}}, {});
  return text("LLM response: " + said(answer, "text"));
}

Reply confirmed(Call& call, const char* kind, const char* done) {
  const json* answer = answer_to(call, "confirm");
  if (answer != nullptr && call.state().is_object() && call.state().value("kind", "") == kind) return text(done);
  return ask_client({{"confirm", elicit("Please confirm", {{"ok", {{"type", "boolean"}}}}, json::array({"ok"}))}},
                    {{"kind", kind}});
}

Reply several(Call& call) {
  const json *name = answer_to(call, "user_name"), *greeting = answer_to(call, "greeting"),
             *roots = answer_to(call, "client_roots");
  if (name != nullptr && greeting != nullptr && roots != nullptr)
    return text(
        fmt::format("Name: {}; Greeting: {}; Roots: {}", said(name, "name"), said(greeting, "text"), roots_in(roots)));
  return ask_client({{"user_name", elicit_text("What is your name?", "name")},
                     {"greeting", sample("Generate a greeting", 50)},
                     {"client_roots", list_roots()}},
                    {{"kind", "multiple-inputs"}});
}

Reply rounds(Call& call) {
  const json& state = call.state();
  const int round = state.is_object() ? state.value("round", 0) : 0;
  if (round == 2 && answer_to(call, "step2") != nullptr)
    return text(fmt::format("Multi-round complete for {} who likes {}", state.value("name", ""),
                            said(answer_to(call, "step2"), "color")));
  if (round == 1 && answer_to(call, "step1") != nullptr)
    return ask_client({{"step2", elicit_text("Step 2: What is your favorite color?", "color")}},
                      {{"round", 2}, {"name", said(answer_to(call, "step1"), "name")}});
  return ask_client({{"step1", elicit_text("Step 1: What is your name?", "name")}}, {{"round", 1}});
}

// Asks only for what the client says that it can do.
Reply by_capabilities(Call& call) {
  if (!call.answers().empty()) {
    std::string names;
    for (const auto& [name, answer] : call.answers().items()) names += (names.empty() ? "" : ",") + name;
    return text("capabilities-ok: received " + names);
  }
  json requests = json::object();
  if (call.client_can("elicitation")) requests["elicit_input"] = elicit_text("Elicitation input", "value");
  if (call.client_can("sampling")) requests["sample_input"] = sample("Sample request", 50);
  if (requests.empty()) return text("No supported capabilities declared");
  return ask_client(std::move(requests), {{"kind", "capabilities-test"}});
}

Reply missing_capability(Call& call) {
  if (call.client_can("sampling")) return text("Success");
  return refuse_with(kMissingCapability, "sampling is needed",
                     {{"requiredCapabilities", {{"sampling", json::object()}}}}, 400);
}

Reply one_question(Call& call, const char* name, json question, const std::function<Reply(const json&)>& done) {
  const json* answer = answer_to(call, name);
  return answer != nullptr ? done(*answer) : ask_client({{name, std::move(question)}}, {});
}

}  // namespace

const json& question_tools() {
  static const json all = [] {
    json list = json::array();
    for (const char* name :
         {"test_elicitation_sep1034_defaults", "test_elicitation_sep1330_enums", "test_missing_capability",
          "test_input_required_result_elicitation", "test_input_required_result_sampling",
          "test_input_required_result_list_roots", "test_input_required_result_request_state",
          "test_input_required_result_multiple_inputs", "test_input_required_result_multi_round",
          "test_input_required_result_tampered_state", "test_input_required_result_capabilities"})
      list.push_back({{"name", name},
                      {"description", "asks the client"},
                      {"inputSchema", {{"type", "object"}, {"properties", json::object()}}}});
    for (const auto& [name, field] : {std::pair("test_elicitation", "message"), std::pair("test_sampling", "prompt")})
      list.push_back({{"name", name},
                      {"description", "asks the client"},
                      {"inputSchema",
                       {{"type", "object"},
                        {"properties", {{field, {{"type", "string"}}}}},
                        {"required", json::array({field})}}}});
    return list;
  }();
  return all;
}

Reply call_question_tool(Call& call, const std::string& name, const json& arguments, bool& known) {
  known = true;
  if (name == "test_elicitation")
    return elicitation(
        call, "User response",
        elicit(arguments.value("message", "").c_str(),
               {{"response", {{"type", "string"}, {"description", "User's response"}}}}, json::array({"response"})));
  if (name == "test_elicitation_sep1034_defaults")
    return elicitation(call, "Elicitation completed", elicit("Please review", defaults(), json::array()));
  if (name == "test_elicitation_sep1330_enums")
    return elicitation(call, "Elicitation completed", elicit("Please select", choices(), json::array()));
  if (name == "test_sampling") return sampling(call, arguments);
  if (name == "test_missing_capability") return missing_capability(call);
  if (name == "test_input_required_result_elicitation")
    return one_question(call, "user_name", elicit_text("What is your name?", "name"),
                        [](const json& answer) { return text("Hello, " + said(&answer, "name") + "!"); });
  if (name == "test_input_required_result_sampling")
    return one_question(call, "sample_request", sample("What is the capital of France?", 100),
                        [](const json& answer) { return text("Sampling result: " + said(&answer, "text")); });
  if (name == "test_input_required_result_list_roots")
    return one_question(call, "roots_request", list_roots(),
                        [](const json& answer) { return text(fmt::format("Found {} root(s)", roots_in(&answer))); });
  if (name == "test_input_required_result_prompt")
    return one_question(
        call, "user_context", elicit_text("What context should the prompt use?", "context"), [](const json& answer) {
          return reply_with(
              {{"messages",
                {{{"role", "user"},
                  {"content", {{"type", "text"}, {"text", "Prompt with context: " + said(&answer, "context")}}}}}}});
        });
  if (name == "test_input_required_result_request_state")
    return confirmed(call, "request-state", "state-ok: requestState validated");
  if (name == "test_input_required_result_tampered_state")
    return confirmed(call, "tamper-test", "integrity-ok: state verified");
  if (name == "test_input_required_result_multiple_inputs") return several(call);
  if (name == "test_input_required_result_multi_round") return rounds(call);
  if (name == "test_input_required_result_capabilities") return by_capabilities(call);
  known = false;
  return {};
}

}  // namespace rh::agent::mcp
