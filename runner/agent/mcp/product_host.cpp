#include "runner/agent/mcp/product_host.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/custom/custom_tools.h"
#include "runner/agent/mcp/base64.h"
#include "runner/agent/mcp/live_output.h"
#include "runner/agent/mcp/percent.h"
#include "runner/agent/mcp/product_resources.h"
#include "runner/agent/telemetry/telemetry.h"
#include "runner/base/file.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr std::string_view kQuestion = "approval";

enum class Decision { none, approved, denied };

// What the person said. Anything but a plain yes is a no.
Decision decision_in(const Call& call) {
  if (!call.state().is_object()) return Decision::none;
  const auto answer = call.answers().find(std::string(kQuestion));
  if (answer == call.answers().end() || !answer->is_object()) return Decision::none;
  const auto content = answer->find("content");
  const bool yes = answer->value("action", json()) == "accept" && content != answer->end() && content->is_object() &&
                   content->value("approve", json()) == true;
  return yes ? Decision::approved : Decision::denied;
}

// The person's word is kept with the approval, as `approvals approve` and `approvals deny` keep it.
void record(Service& service, const CallContext& asked, Decision decision) {
  const ToolRow* row = tool_of_command("approvals", decision == Decision::approved ? "approve" : "deny");
  if (row == nullptr || row->arguments.empty()) return;
  CallContext person;
  person.caller = asked.caller + " (asked by elicitation)";
  person.cancel = asked.cancel;
  (void)agent::call_tool(*row, service, person, {{std::string(row->arguments.front().name), asked.approval_id}});
}

// Revisions before 2025-06-18 know no structured content and no links.
bool knows_structure(const Requester& who) {
  return who.era == Era::modern || who.version == "2025-11-25" || who.version == "2025-06-18";
}

json content_of(const Attachment& one) {
  if (one.image) {
    if (const auto bytes = read_file(one.path, kMaxInlineImageBytes))
      return {{"type", "image"}, {"data", base64_of(*bytes)}, {"mimeType", one.mime_type}};
  }
  constexpr std::string_view kScheme = "runharness://";
  const std::string uri = one.uri.starts_with(kScheme)
                              ? std::string(kScheme) + percent_encoded(std::string_view(one.uri).substr(kScheme.size()))
                              : one.uri;
  json link = {{"type", "resource_link"}, {"uri", uri}, {"name", one.name}};
  if (!one.mime_type.empty()) link["mimeType"] = one.mime_type;
  return link;
}

}  // namespace

json ProductHost::implementation() const {
  return {{"name", "runharness"}, {"title", "runharness"}, {"version", RUNHARNESS_VERSION}};
}

std::string ProductHost::instructions() const {
  return "Runs code and tests in a sandbox. Answers have a short text and the whole record as structured content; a "
         "failed one says in error.retry whether asking again can help. Files that were left behind are resources "
         "(runharness://...).";
}

json ProductHost::capabilities() const {
  return {{"tools", json::object()}, {"resources", json::object()}, {"logging", json::object()}};
}

json ProductHost::tools() {
  json list = json::array();
  for (const OfferedTool& tool : options_.offer.tools)
    if (tool.listed) list.push_back(description_of(tool));
  const std::vector<std::string>& custom = options_.offer.custom;
  for (const json& entry : agent::custom_tool_entries(service_.config()))
    if (std::find(custom.begin(), custom.end(), entry.at("name")) != custom.end()) list.push_back(entry);
  return list;
}

Reply ProductHost::call_tool(Call& call, const std::string& name, const json& arguments) {
  const Offer& offer = options_.offer;
  const auto tool =
      std::find_if(offer.tools.begin(), offer.tools.end(), [&](const OfferedTool& one) { return one.name == name; });
  const bool offers = std::find(offer.custom.begin(), offer.custom.end(), name) != offer.custom.end();
  const agent::CustomTool* custom = offers ? agent::custom_tool_named(service_.config(), name) : nullptr;
  if (tool == offer.tools.end() && custom == nullptr)
    return refuse(kInvalidParams, "Unknown tool: " + name.substr(0, 128));
  const ToolRow& row = custom == nullptr ? *tool->row : *agent::tool_named("run_custom_tool");

  CallContext context;
  context.caller = call.requester().principal;
  if (!call.requester().client.empty()) context.caller += "/" + call.requester().client;
  context.over_mcp = true;
  context.cancel = call.cancel_descriptor();
  context.trace_parent = call.trace_parent();
  context.on_progress = [&call](const Progress& progress) { call.report(progress); };
  LiveOutput live(call);
  if (call.wants_progress()) context.on_output = [&](model::Stream, std::string_view bytes) { live.take(bytes); };

  const Decision decision = decision_in(call);
  if (decision != Decision::none) {
    context.approval_id = call.state().value("approval_id", "");
    record(service_, context, decision);
    if (decision == Decision::denied)
      return answer(call, row, error_answer(agent::ErrorKind::approval_denied, "the person who was asked said no"));
  }
  const agent::OpenSpan span = service_.telemetry().begin(context.trace_parent);
  if (!span.ids.trace.empty()) context.trace_parent = agent::traceparent_of(span.ids);
  const ToolAnswer result = custom == nullptr ? agent::call_tool(row, service_, context, arguments)
                                              : agent::call_custom_tool(service_, context, *custom, arguments);
  service_.telemetry().end_call(span, row.name, call.requester().version, result.error);
  if (result.question && decision == Decision::none && call.client_can("elicitation"))
    return ask_person(row, *result.question);
  return answer(call, row, result);
}

Reply ProductHost::ask_person(const ToolRow& row, const Question& question) const {
  const json schema = {
      {"type", "object"},
      {"properties",
       {{"approve", {{"type", "boolean"}, {"title", "Run it"}, {"description", "Only yes lets the code run"}}}}},
      {"required", {"approve"}}};
  return ask_client({{kQuestion,
                      {{"method", "elicitation/create"},
                       {"params", {{"message", clean(question.message)}, {"requestedSchema", schema}}}}}},
                    {{"approval_id", question.approval_id}, {"tool", row.name}});
}

Reply ProductHost::answer(const Call& call, const ToolRow& row, const ToolAnswer& given) const {
  if (is_nested_deeper(given.structured, kMaxAnswerDepth))
    return answer(call, row,
                  error_answer(agent::ErrorKind::invalid_result,
                               fmt::format("the answer is nested deeper than {} levels", kMaxAnswerDepth)));
  const bool structured = knows_structure(call.requester());
  json content = json::array();
  const bool whole = (options_.full_text || !structured) && !given.structured.empty();
  content.push_back({{"type", "text"}, {"text", whole ? given.structured : given.text}});
  for (const Attachment& one : given.attachments)
    if (structured || one.image) content.push_back(content_of(one));
  json result = {{"content", std::move(content)}, {"isError", given.error != agent::ErrorKind::none}};
  if (structured && !given.structured.empty()) result["structuredContent"] = json::parse(given.structured);
  return reply_with(std::move(result));
}

json ProductHost::resources() { return listed_resources(service_); }
json ProductHost::resource_templates() { return listed_templates(); }
Reply ProductHost::read_resource(Call&, const std::string& uri) { return read_product_resource(service_, uri); }

// Not offered: capabilities() names neither prompts nor completions nor subscriptions.
json ProductHost::prompts() { return json::array(); }
Reply ProductHost::get_prompt(Call&, const std::string& name, const json&) {
  return refuse(kInvalidParams, "Unknown prompt: " + name.substr(0, 128));
}
Reply ProductHost::complete(Call&, const json&) { return refuse(kMethodNotFound, "Method not found"); }
bool ProductHost::can_subscribe(std::string_view) { return false; }

// What starts programs.
bool ProductHost::may_take_long(std::string_view tool) const {
  const ToolRow* row = agent::tool_named(tool);
  return row == nullptr || !row->hints.read_only;
}

Reply ProductHost::over_quota(const std::string& why) const {
  const ToolAnswer answer = error_answer(agent::ErrorKind::quota_exceeded, why);
  return reply_with({{"content", {{{"type", "text"}, {"text", answer.text}}}},
                     {"structuredContent", json::parse(answer.structured)},
                     {"isError", true}});
}

std::string ProductHost::clean(std::string_view text) const { return service_.secrets().redact(text); }

}  // namespace rh::agent::mcp
