#include "runner/agent/approval/gate.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/approval_store.h"
#include "runner/agent/audit/audit_log.h"
#include "runner/agent/service.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

std::string first_write(const Assessment& assessment) {
  for (const Finding& finding : assessment.findings)
    if (is_one_of(name_of(finding.rule_class),
                  {"file_write", "file_delete", "database_write", "epics_writes", "control_system"}))
      return fmt::format("line {}: {}", finding.line, finding.message);
  return "it writes";
}

const AccessMode* mode_named(const std::vector<AccessMode>& modes, std::string_view name) {
  const auto found =
      std::find_if(modes.begin(), modes.end(), [&](const AccessMode& mode) { return mode.name == name; });
  return found == modes.end() ? nullptr : &*found;
}

// The one that code without a wish gets: writing code the first that may write.
AccessMode mode_of_code(const std::vector<AccessMode>& modes, bool writes) {
  if (const AccessMode* usual = mode_named(modes, writes ? "write_access" : "read_only");
      usual != nullptr && usual->allows_writes == writes)
    return *usual;
  for (const AccessMode& mode : modes)
    if (mode.allows_writes == writes) return mode;
  return modes.front();
}

ApprovalMode mode_of_request(const AgentConfig& config, const ExecutionRequest& request) {
  if (config.approval != ApprovalMode::selective) return config.approval;
  const auto found = config.approval_of_capability.find(request.capability);
  // A capability that nobody configured cannot be a way around.
  return found == config.approval_of_capability.end() ? ApprovalMode::selective : found->second;
}

json context_of(const ExecutionRequest& request, const Assessment& assessment, const ApprovalNeed& need) {
  json packages = request.packages;
  json files = json::array();
  for (const auto& [name, content] : request.files) files.push_back({{"name", name}, {"bytes", content.size()}});
  return {{"language", name_of(request.language)},
          {"code", request.code},
          {"files", files},
          {"packages", packages},
          {"assessment", to_json(assessment)},
          {"access_mode", need.access.name},
          {"kernel_name", need.access.kernel_name},
          {"reasons", need.reasons}};
}

ApprovalDecision refused(ApprovalVerdict verdict, ErrorKind error, std::string message, std::string id = {}) {
  ApprovalDecision decision;
  decision.verdict = verdict;
  decision.error = error;
  decision.message = std::move(message);
  decision.id = std::move(id);
  return decision;
}

ApprovalDecision use_approval(Service& service, const CallContext& context, const std::string& binding) {
  const std::string& id = context.approval_id;
  const auto taken = service.approvals().take(id, binding);
  if (!taken) return refused(ApprovalVerdict::invalid, ErrorKind::approval_invalid, taken.error().message(), id);
  switch (taken->state) {
    case ApprovalState::approved: {
      ApprovalDecision go;
      go.id = taken->id;
      return go;
    }
    case ApprovalState::waiting: {
      ApprovalDecision still = refused(ApprovalVerdict::waiting, ErrorKind::approval_required,
                                       fmt::format("approval {} still waits for a person", taken->id), taken->id);
      still.question = taken->question;
      return still;
    }
    case ApprovalState::denied:
      return refused(
          ApprovalVerdict::denied, ErrorKind::approval_denied,
          fmt::format("{} denied it{}", taken->decided_by, taken->reason.empty() ? "" : ": " + taken->reason),
          taken->id);
    case ApprovalState::used:
      return refused(ApprovalVerdict::invalid, ErrorKind::approval_invalid,
                     "the approval was used already: each is for one run", taken->id);
    case ApprovalState::expired:
      break;
  }
  return refused(ApprovalVerdict::invalid, ErrorKind::approval_invalid, "the approval expired; ask for the run again",
                 taken->id);
}

ApprovalDecision ask_person(Service& service, const CallContext& context, const std::string& question,
                            const std::string& binding) {
  const bool yes = context.ask(question);
  const json fields = {{"caller", context.caller}, {"by", "the person at the terminal"}, {"binding", binding}};
  const auto logged = service.audit().append(yes ? "approval_granted" : "approval_denied", fields);
  if (!yes) return refused(ApprovalVerdict::cancelled, ErrorKind::user_cancelled, "the person at the terminal said no");
  if (!logged) return refused(ApprovalVerdict::denied, ErrorKind::internal_error, logged.error().message());
  return {};
}

ApprovalDecision leave_waiting(Service& service, const CallContext& context, const ExecutionRequest& request,
                               const Assessment& assessment, const ApprovalNeed& need, const std::string& binding) {
  Approval approval;
  approval.caller = context.caller;
  approval.binding = binding;
  approval.question = approval_question(service.config(), request, assessment, need);
  approval.request_json = to_json(request).dump(-1, ' ', false, json::error_handler_t::replace);
  approval.context_json = context_of(request, assessment, need).dump(-1, ' ', false, json::error_handler_t::replace);
  approval.checkpoint_json = json{{"stage", "approve"}, {"next", "prepare"}}.dump();
  const std::string question = approval.question;
  const auto id = service.approvals().ask(std::move(approval));
  if (!id) return refused(ApprovalVerdict::denied, ErrorKind::internal_error, id.error().message());
  ApprovalDecision waiting = refused(
      ApprovalVerdict::waiting, ErrorKind::approval_required,
      fmt::format("a person has to approve this run ({}): `runharness approvals show {}`, then `approvals approve {}` "
                  "and `approvals resume {}`",
                  join(need.reasons, "; "), id->substr(0, 12), id->substr(0, 12), id->substr(0, 12)),
      *id);
  waiting.question = question;
  return waiting;
}

}  // namespace

std::vector<AccessMode> access_modes(const AgentConfig& config) {
  std::vector<AccessMode> modes = config.access_modes;
  const auto add = [&](AccessMode mode) {
    if (mode_named(modes, mode.name) == nullptr) modes.push_back(std::move(mode));
  };
  add({"read_only", "python3-readonly", false, false});
  add({"write_access", "python3-write", true, true});
  return modes;
}

ApprovalNeed approval_need(const AgentConfig& config, const ExecutionRequest& request, const Assessment& assessment) {
  ApprovalNeed need;
  const std::vector<AccessMode> modes = access_modes(config);
  const bool writes = !assessment.built_in || assessment.write_access != WriteAccess::none;
  if (request.access.empty()) {
    need.access = mode_of_code(modes, writes);
  } else if (const AccessMode* asked = mode_named(modes, request.access)) {
    need.access = *asked;
  } else {
    std::vector<std::string> names;
    for (const AccessMode& mode : modes) names.push_back(mode.name);
    need.error = ErrorKind::invalid_request;
    need.message =
        fmt::format("'access_mode' is one of {}, not '{}'", join(names, ", "), to_valid_utf8(request.access));
    return need;
  }
  if (!request.access.empty() && writes && !need.access.allows_writes) {
    need.error = ErrorKind::security_violation;
    need.message = assessment.built_in ? fmt::format("the mode {} does not allow writing, and the code does: {}",
                                                     need.access.name, first_write(assessment))
                                       : fmt::format(
                                             "the mode {} does not allow writing, and this build cannot tell "
                                             "whether the code does: it has no grammars",
                                             need.access.name);
    return need;
  }
  const ApprovalMode mode = mode_of_request(config, request);
  if (mode == ApprovalMode::all_code) need.reasons.emplace_back("all code has to be approved");
  if (mode == ApprovalMode::selective) {
    if (need.access.requires_approval && !assessment.built_in)
      need.reasons.emplace_back("this build cannot tell whether the code writes");
    else if (need.access.requires_approval && writes)
      need.reasons.push_back(
          fmt::format("the code writes ({}), {}", name_of(assessment.write_access), first_write(assessment)));
    else if (need.access.requires_approval)
      need.reasons.push_back(fmt::format("the mode {} has to be approved", need.access.name));
    if (request.security == SecurityMode::permissive && config.security == SecurityMode::safe)
      need.reasons.emplace_back("the request switches the safe mode off");
  }
  need.required = !need.reasons.empty();
  return need;
}

ApprovalDecision decide_approval(Service& service, const CallContext& context, const ExecutionRequest& request,
                                 const Assessment& assessment) {
  const ApprovalNeed need = approval_need(service.config(), request, assessment);
  const auto with_access = [&](ApprovalDecision decision) {
    decision.access = need.access;
    return decision;
  };
  if (need.error != ErrorKind::none) return with_access(refused(ApprovalVerdict::refused, need.error, need.message));
  if (!need.required && context.approval_id.empty()) return with_access({});
  const auto subject = approval_subject(service.config(), request, assessment);
  if (!subject)
    return with_access(refused(ApprovalVerdict::refused, ErrorKind::invalid_request, subject.error().message()));
  const auto binding = service.approvals().seal(*subject);
  if (!binding)
    return with_access(refused(ApprovalVerdict::denied, ErrorKind::internal_error, binding.error().message()));
  // An approval that is brought along is used up even where none is due any more.
  if (!context.approval_id.empty()) return with_access(use_approval(service, context, *binding));
  if (context.ask)
    return with_access(
        ask_person(service, context, approval_question(service.config(), request, assessment, need), *binding));
  return with_access(leave_waiting(service, context, request, assessment, need, *binding));
}

}  // namespace rh::agent
