#include "runner/agent/approval/resume.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/pipeline.h"
#include "runner/agent/pipeline_runs/pipeline_run.h"
#include "runner/agent/session/holder.h"
#include "runner/agent/tool_answers.h"

namespace rh::agent {
namespace {

using nlohmann::json;

// The request as it was asked for. A script is read again: with a changed byte it is not what was approved any more.
Result<ExecutionRequest> request_of(const Service& service, const Approval& approval) {
  json stored = json::parse(approval.request_json, nullptr, false);
  if (!stored.is_object())
    return fail(rh::ErrorKind::parse, "resume the execution: its request is damaged", approval.id);
  if (stored.contains("path")) stored.erase("code");
  return request_from_json(stored, service.paths().project);
}

}  // namespace

ToolAnswer resume_approved(Service& service, const CallContext& context, const Approval& approval,
                           const json& allowed) {
  const auto pipeline = pipeline_waiting_for(service, approval.id);
  if (!pipeline) return answer_of_error(pipeline.error());
  if (!pipeline->empty()) return resume_pipeline(service, context, *pipeline, allowed);
  auto request = request_of(service, approval);
  if (!request) return answer_of_error(request.error());
  allow(*request, allowed);
  if (!request->session.empty() && !holds_sessions(context)) {
    json arguments = json::parse(approval.request_json, nullptr, false);
    arguments.erase("path");
    arguments["approval_id"] = approval.id;
    for (const char* name : {"enable", "allow_prod"})
      if (allowed.value(name, false)) arguments[name] = true;
    return ask_holder(service, context, "execute_code", arguments, true);
  }
  CallContext approved = context;
  approved.approval_id = approval.id;
  approved.ask = nullptr;  // the answer is given
  return answer_of(execute(service, approved, *request), approved);
}

}  // namespace rh::agent
