#include "runner/agent/approval/tools.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/approval_store.h"
#include "runner/agent/approval/gate.h"
#include "runner/agent/approval/plan.h"
#include "runner/agent/approval/resume.h"
#include "runner/agent/service.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using T = ArgumentType;

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json parsed(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json() : value;
}

// Values of variables may be secrets: the person sees their names.
json shown_request(const std::string& request) {
  json shown = parsed(request);
  if (shown.is_object() && shown.contains("env_vars"))
    for (auto& [name, value] : shown["env_vars"].items()) value = "...";
  return shown;
}

json to_json(const Approval& approval, bool whole) {
  json out = {{"approval_id", approval.id},
              {"state", name_of(approval.state)},
              {"asked", to_rfc3339(approval.asked)},
              {"expires", to_rfc3339(approval.expires)},
              {"caller", approval.caller},
              {"decided_by", text_or_null(approval.decided_by)},
              {"decided", approval.decided_by.empty() ? json() : json(to_rfc3339(approval.decided))},
              {"reason", text_or_null(approval.reason)}};
  const json context = parsed(approval.context_json);
  out["language"] = context.value("language", json());
  out["reasons"] = context.value("reasons", json::array());
  out["access_mode"] = context.value("access_mode", json());
  if (!whole) return out;
  out["question"] = approval.question;
  out["context"] = context;
  out["request"] = shown_request(approval.request_json);
  out["checkpoint"] = parsed(approval.checkpoint_json);
  out["binding"] = approval.binding;
  return out;
}

std::string person_of(const Service& service, const CallContext& context) {
  const auto& environment = service.host().environment();
  const auto user = environment.find("USER");
  return user == environment.end() || user->second.empty() ? context.caller
                                                           : fmt::format("{} ({})", user->second, context.caller);
}

ToolAnswer list(Service& service, const CallContext&, const json& arguments) {
  std::vector<std::string> damaged;
  const auto all = service.approvals().list(&damaged);
  if (!all) return answer_of_error(all.error());
  const bool every = arguments.value("all", false);
  json structured = {{"success", true}, {"approvals", json::array()}, {"damaged", damaged}};
  std::string text;
  for (const Approval& one : *all) {
    if (!every && one.state != ApprovalState::waiting && one.state != ApprovalState::approved) continue;
    structured["approvals"].push_back(to_json(one, false));
    std::string reasons;
    for (const json& reason : structured["approvals"].back()["reasons"])
      reasons += (reasons.empty() ? "" : "; ") + reason.get<std::string>();
    text +=
        fmt::format("{}  {:<8}  {}  {}\n", one.id.substr(0, 12), name_of(one.state), to_rfc3339(one.asked), reasons);
  }
  for (const std::string& id : damaged)
    text += fmt::format("{}  damaged   its file was changed behind the back of runharness\n", id.substr(0, 12));
  if (text.empty()) text = "no approval waits\n";
  return answer_of(structured, text);
}

ToolAnswer show(Service& service, const CallContext&, const json& arguments) {
  const auto approval = service.approvals().find(arguments.at("approval_id").get<std::string>());
  if (!approval) return answer_of_error(approval.error());
  json structured = to_json(*approval, true);
  structured["success"] = true;
  std::string text =
      fmt::format("approval {} ({}), asked for by {} at {}, expires {}\n", approval->id, name_of(approval->state),
                  approval->caller, to_rfc3339(approval->asked), to_rfc3339(approval->expires));
  text += approval->question;
  // The question cuts long code; this is where all of it is read.
  if (const json context = parsed(approval->context_json);
      context.is_object() && split_lines(context.value("code", "")).size() > 200)
    text += "the whole code:\n" + context.value("code", "") + "\n";
  return answer_of(structured, text);
}

ToolAnswer decide(Service& service, const CallContext& context, const json& arguments, bool yes) {
  // Asked for by an agent itself, this would be no approval. Elicitation comes here for the person it asked.
  if (context.over_mcp)
    return error_answer(ErrorKind::approval_required, "approvals are decided by a person, not by the caller");
  const auto decided =
      service.approvals().decide(arguments.at("approval_id").get<std::string>(), yes, person_of(service, context),
                                 arguments.value("reason", std::string()));
  if (!decided) return answer_of_error(decided.error());
  if (yes && arguments.value("resume", false)) return resume_approved(service, context, *decided, arguments);
  json structured = to_json(*decided, false);
  structured["success"] = true;
  return answer_of(structured,
                   yes ? fmt::format("approved {}; `runharness approvals resume {}` runs it, once and "
                                     "unchanged, until {}",
                                     decided->id.substr(0, 12), decided->id.substr(0, 12), to_rfc3339(decided->expires))
                       : fmt::format("denied {}", decided->id.substr(0, 12)));
}

ToolAnswer approve(Service& service, const CallContext& context, const json& arguments) {
  return decide(service, context, arguments, true);
}

ToolAnswer deny(Service& service, const CallContext& context, const json& arguments) {
  return decide(service, context, arguments, false);
}

ToolAnswer resume(Service& service, const CallContext& context, const json& arguments) {
  const auto approval = service.approvals().find(arguments.at("approval_id").get<std::string>());
  if (!approval) {
    // Tampering is told apart from a wrong id.
    if (approval.error().kind == rh::ErrorKind::parse)
      return error_answer(ErrorKind::approval_invalid, approval.error().message());
    return answer_of_error(approval.error());
  }
  return resume_approved(service, context, *approval, arguments);
}

std::string_view mode_name(ApprovalMode mode) {
  constexpr std::array<std::string_view, 3> kNames{"disabled", "selective", "all_code"};
  return kNames[static_cast<std::size_t>(mode)];
}

ToolAnswer config(Service& service, const CallContext&, const json&) {
  const AgentConfig& settings = service.config();
  json modes = json::array(), capabilities = json::object();
  std::string text = fmt::format("approval: {}\n", mode_name(settings.approval));
  for (const auto& [name, mode] : settings.approval_of_capability) {
    capabilities[name] = {{"enabled", mode != ApprovalMode::disabled}, {"mode", mode_name(mode)}};
    text += fmt::format("capability {}: {}\n", name, mode_name(mode));
  }
  for (const AccessMode& mode : access_modes(settings)) {
    modes.push_back({{"name", mode.name},
                     {"kernel_name", mode.kernel_name},
                     {"allows_writes", mode.allows_writes},
                     {"requires_approval", mode.requires_approval}});
    text += fmt::format("mode {}: writes {}, approval {}, kernel {}\n", mode.name,
                        mode.allows_writes ? "allowed" : "not allowed",
                        mode.requires_approval ? "required" : "not required", mode.kernel_name);
  }
  json origins = json::object();
  for (const ConfigOrigin& origin : settings.origins)
    if (origin.key.starts_with("approval.") || origin.key.starts_with("execution.modes."))
      origins[origin.key] = {{"value", origin.text}, {"origin", origin.origin}};
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(kApprovalLifetime).count();
  text += fmt::format("an approval holds for {} h from the question on, for one run\n", kApprovalLifetime.count());
  const auto folder = service.approvals().folder();
  if (folder) text += fmt::format("kept in {}\n", folder->string());
  return answer_of({{"success", true},
                    {"global_mode", mode_name(settings.approval)},
                    {"capabilities", capabilities},
                    {"modes", modes},
                    {"lifetime_seconds", lifetime},
                    {"folder", folder ? json(folder->string()) : json()},
                    {"origins", origins},
                    {"ignored_configuration", settings.ignored}},
                   text);
}

constexpr std::string_view kListSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"approvals":{"type":"array","items":{"type":"object"}},
"damaged":{"type":"array","items":{"type":"string"}}},"required":["success","approvals"]})";
constexpr std::string_view kShowSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"approval_id":{"type":"string"},"state":{"type":"string",
"enum":["waiting","approved","denied","used","expired"]},"context":{"type":["object","null"]},"question":{"type":"string"}},
"required":["success","approval_id","state"]})";
constexpr std::string_view kAnyRecord = R"({"type":"object"})";
constexpr std::string_view kConfigSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"global_mode":{"type":"string"},
"capabilities":{"type":"object"},"modes":{"type":"array","items":{"type":"object"}},"origins":{"type":"object"}},
"required":["success","global_mode","modes"]})";

}  // namespace

std::vector<ToolRow> approval_tools() {
  const ToolHints reads{true, false, true, false};
  const ArgumentRow id{"approval_id", T::text, "the approval's id, or a begin of it", "ID", "ID", {}, true};
  const ArgumentRow reason{"reason", T::text, "kept with the decision", "--reason", "TEXT"};
  const ArgumentRow enable{"enable", T::boolean, "run code although the configuration does not enable it", "--enable"};
  const ArgumentRow allow_prod{"allow_prod", T::boolean, "run code although this is a production environment",
                               "--allow-prod"};
  std::vector<ToolRow> rows = {
      {"approvals_list",
       "approvals list",
       "list the approvals that wait for a person",
       "Approvals that wait or are ready to be used, the newest first.",
       {{"all", T::boolean, "denied, used and expired ones, too", "--all"}},
       kListSchema,
       reads,
       list},
      {"approvals_show",
       "approvals show",
       "show what an approval is for: code, findings, assessment, limits",
       "One approval with the code, its findings and assessment, limits and policy.",
       {id},
       kShowSchema,
       reads,
       show},
      {"approvals_approve",
       "approvals approve",
       "approve the run",
       "A person's yes to one run.",
       {id, reason, {"resume", T::boolean, "run it at once", "--resume"}, enable, allow_prod},
       kAnyRecord,
       {false, true, false, false},
       approve},
      {"approvals_deny",
       "approvals deny",
       "deny the run",
       "A person's no to one run.",
       {id, reason},
       kAnyRecord,
       {false, false, false, false},
       deny},
      {"approvals_resume",
       "approvals resume",
       "run what was approved, from where it stopped",
       "Runs what a person approved: the same code, files and limits, from the point at which it stopped.",
       {id, enable, allow_prod},
       kAnyRecord,
       {false, true, false, true},
       resume},
      {"approvals_config",
       "approvals config",
       "print which runs have to be approved",
       "The effective approval configuration: modes, capabilities, access modes.",
       {},
       kConfigSchema,
       reads,
       config},
      plan_tool(),
  };
  for (ToolRow& row : rows) row.people_only = row.name == "approvals_approve" || row.name == "approvals_deny";
  return rows;
}

}  // namespace rh::agent
