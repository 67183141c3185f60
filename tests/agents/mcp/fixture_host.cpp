#include "tests/agents/mcp/fixture_host.h"

#include <poll.h>

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

// One red pixel, and a WAV file of two samples.
constexpr const char* kImage =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
constexpr const char* kAudio = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

json text(const std::string& words) { return {{"type", "text"}, {"text", words}}; }
json image() { return {{"type", "image"}, {"data", kImage}, {"mimeType", "image/png"}}; }
json embedded(const char* uri, const char* type, const char* words) {
  return {{"type", "resource"}, {"resource", {{"uri", uri}, {"mimeType", type}, {"text", words}}}};
}
json content(json parts) { return {{"content", std::move(parts)}}; }

// Until the time is over or the call is cancelled.
void wait_in(const Call& call, int milliseconds) {
  pollfd watched{call.cancel_descriptor().fd, POLLIN, 0};
  ::poll(&watched, 1, milliseconds);
}

json schema_of_everything() {
  return json::parse(R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object",
              "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
                   "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                   "phone": {"type": "string"}, "email": {"type": "string"}},
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]}, "else": {"required": ["email"]}, "additionalProperties": false})");
}

json tool(const char* name, const char* description, json schema) {
  return {{"name", name}, {"description", description}, {"inputSchema", std::move(schema)}};
}

json empty_schema() { return {{"type", "object"}, {"properties", json::object()}}; }

Reply with_logging(Call& call) {
  constexpr int kPause = 50;
  for (const char* words : {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
    call.log(LogLevel::info, words);
    wait_in(call, kPause);
  }
  return reply_with(text_result("Tool with logging executed successfully"));
}

Reply with_progress(Call& call) {
  constexpr int kPause = 50;
  for (const double done : {0.0, 50.0, 100.0}) {
    call.report({fmt::format("Completed step {} of 100", done), done, 100.0});
    wait_in(call, kPause);
  }
  return reply_with(text_result("done"));
}

// The stream ends in the middle of the call; the client comes back for the answer.
Reply reconnection(Call& call) {
  constexpr int kPause = 100;
  call.close_stream();
  wait_in(call, kPause);
  return reply_with(text_result("Reconnection test completed successfully."));
}

json prompt(json messages) { return {{"messages", std::move(messages)}}; }
json says(json what) { return {{"role", "user"}, {"content", std::move(what)}}; }

std::string argument(const json& arguments, const char* name) {
  const auto found = arguments.find(name);
  return found != arguments.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

json text_result(const std::string& words) { return content({text(words)}); }

json FixtureHost::implementation() const { return {{"name", "runharness-mcp-fixture"}, {"version", "1.0.0"}}; }

json FixtureHost::capabilities() const {
  return {{"tools", {{"listChanged", true}}},
          {"resources", {{"subscribe", true}, {"listChanged", true}}},
          {"prompts", {{"listChanged", true}}},
          {"logging", json::object()},
          {"completions", json::object()}};
}

json FixtureHost::tools() {
  json all = json::array();
  for (const char* name : {"test_simple_text", "test_image_content", "test_audio_content", "test_embedded_resource",
                           "test_multiple_content_types", "test_tool_with_logging", "test_tool_with_progress",
                           "test_error_handling", "test_reconnection", "test_logging_tool",
                           "test_streaming_elicitation", "test_trigger_tool_change", "test_trigger_prompt_change"})
    all.push_back(tool(name, "of the conformance suite", empty_schema()));
  all.push_back(tool("json_schema_2020_12_tool", "every keyword must arrive", schema_of_everything()));
  all.push_back(tool("test_mirrored_arguments", "arguments that travel in headers, too",
                     json::parse(R"({"type": "object", "required": ["region"], "properties": {
                       "region": {"type": "string", "x-mcp-header": "Region"},
                       "priority": {"type": "integer", "x-mcp-header": "Priority"},
                       "verbose": {"type": "boolean", "x-mcp-header": "Verbose"}}})")));
  for (const json& one : question_tools()) all.push_back(one);
  return all;
}

Reply FixtureHost::trigger(const std::string& what) {
  server_->list_changed(what);
  return reply_with(text_result("Mutation triggered"));
}

Reply FixtureHost::call_tool(Call& call, const std::string& name, const json& arguments) {
  if (name == "test_simple_text") return reply_with(text_result("This is a simple text response for testing."));
  if (name == "test_image_content") return reply_with(content({image()}));
  if (name == "test_audio_content")
    return reply_with(content({{{"type", "audio"}, {"data", kAudio}, {"mimeType", "audio/wav"}}}));
  if (name == "test_embedded_resource")
    return reply_with(
        content({embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")}));
  if (name == "test_multiple_content_types")
    return reply_with(
        content({text("Multiple content types test:"), image(),
                 embedded("test://mixed-content-resource", "application/json", R"({"test":"data","value":123})")}));
  if (name == "test_tool_with_logging" || name == "test_logging_tool") return with_logging(call);
  if (name == "test_tool_with_progress" || name == "test_streaming_elicitation") return with_progress(call);
  if (name == "test_error_handling")
    return reply_with({{"content", {text("This tool intentionally returns an error for testing")}}, {"isError", true}});
  if (name == "test_reconnection") return reconnection(call);
  if (name == "test_trigger_tool_change") return trigger("tools");
  if (name == "test_trigger_prompt_change") return trigger("prompts");
  if (name == "json_schema_2020_12_tool" || name == "test_mirrored_arguments")
    return reply_with(text_result("called with " + arguments.dump()));
  bool known = false;
  Reply reply = call_question_tool(call, name, arguments, known);
  return known ? reply : refuse(kInvalidParams, "Unknown tool: " + name);
}

json FixtureHost::resources() {
  const auto row = [](const char* uri, const char* name, const char* type) {
    return json{{"uri", uri}, {"name", name}, {"description", "of the conformance suite"}, {"mimeType", type}};
  };
  return {row("test://static-text", "static-text", "text/plain"),
          row("test://static-binary", "static-binary", "image/png"),
          row("test://watched-resource", "watched-resource", "text/plain")};
}

json FixtureHost::resource_templates() {
  return {{{"uriTemplate", "test://template/{id}/data"}, {"name", "template"}, {"mimeType", "application/json"}}};
}

Reply FixtureHost::read_resource(Call&, const std::string& uri) {
  const auto contents = [&](const char* type, const char* key, const std::string& value) {
    return reply_with({{"contents", {{{"uri", uri}, {"mimeType", type}, {key, value}}}}});
  };
  if (uri == "test://static-text")
    return contents("text/plain", "text", "This is the content of the static text resource.");
  if (uri == "test://static-binary") return contents("image/png", "blob", kImage);
  if (uri == "test://watched-resource") return contents("text/plain", "text", "Watched resource content");
  constexpr std::string_view kBegin = "test://template/", kEnd = "/data";
  if (uri.starts_with(kBegin) && uri.ends_with(kEnd) && uri.size() > kBegin.size() + kEnd.size()) {
    const std::string id = uri.substr(kBegin.size(), uri.size() - kBegin.size() - kEnd.size());
    return contents("application/json", "text",
                    json{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}}.dump());
  }
  return refuse(kLegacyResourceNotFound, "Resource not found");
}

json FixtureHost::prompts() {
  const auto arg = [](const char* name) {
    return json{{"name", name}, {"description", "of the test"}, {"required", true}};
  };
  return {
      {{"name", "test_simple_prompt"}, {"description", "without arguments"}},
      {{"name", "test_prompt_with_arguments"}, {"description", "with two"}, {"arguments", {arg("arg1"), arg("arg2")}}},
      {{"name", "test_prompt_with_embedded_resource"},
       {"description", "a resource"},
       {"arguments", json::array({arg("resourceUri")})}},
      {{"name", "test_prompt_with_image"}, {"description", "an image"}},
      {{"name", "test_input_required_result_prompt"}, {"description", "asks first"}}};
}

Reply FixtureHost::get_prompt(Call& call, const std::string& name, const json& arguments) {
  if (name == "test_simple_prompt") return reply_with(prompt({says(text("This is a simple prompt for testing."))}));
  if (name == "test_prompt_with_arguments")
    return reply_with(prompt({says(text(fmt::format("Prompt with arguments: arg1='{}', arg2='{}'",
                                                    argument(arguments, "arg1"), argument(arguments, "arg2"))))}));
  if (name == "test_prompt_with_embedded_resource")
    return reply_with(prompt({says(embedded(argument(arguments, "resourceUri").c_str(), "text/plain",
                                            "Embedded resource content for testing.")),
                              says(text("Please process the embedded resource above."))}));
  if (name == "test_prompt_with_image")
    return reply_with(prompt({says(image()), says(text("Please analyze the image above."))}));
  bool known = false;
  Reply reply = call_question_tool(call, name, arguments, known);
  return known ? reply : refuse(kInvalidParams, "Unknown prompt: " + name);
}

Reply FixtureHost::complete(Call&, const json&) {
  return reply_with({{"completion", {{"values", json::array()}, {"total", 0}, {"hasMore", false}}}});
}

bool FixtureHost::can_subscribe(std::string_view uri) { return uri == "test://watched-resource"; }

}  // namespace rh::agent::mcp
