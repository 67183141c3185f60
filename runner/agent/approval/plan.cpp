#include "runner/agent/approval/plan.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/gate.h"
#include "runner/agent/exec/tools.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/tool_answers.h"
#include "runner/agent/validate/validate.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::agent {
namespace {

using nlohmann::json;

struct Plan {
  std::vector<std::string> steps;  // sentences, in the order of what would happen
  std::string outcome;             // "runs", "asks", "blocked", "refused"
};

std::string first_block(const Assessment& assessment) {
  if (assessment.syntax_error)
    return fmt::format("line {}: {}", assessment.syntax_error->line, assessment.syntax_error->message);
  for (const Finding& finding : assessment.findings)
    if (finding.severity == Severity::block) return fmt::format("line {}: {}", finding.line, finding.message);
  return "it cannot be judged by this build";
}

Plan plan_of(const Service& service, const ExecutionRequest& request, const Assessment& assessment,
             const ApprovalNeed& need, const Permission& permission) {
  const AgentConfig& config = service.config();
  Plan plan;
  const bool blocked = assessment.built_in && !assessment.ok;
  if (!assessment.built_in)
    plan.steps.emplace_back("Validation is not built in: nothing is known about the code.");
  else if (blocked)
    plan.steps.push_back(fmt::format("Validation blocks the code: {}.", first_block(assessment)));
  else
    plan.steps.push_back(fmt::format("Validation lets the code pass with {} finding{}; it writes to: {}.",
                                     assessment.findings.size(), assessment.findings.size() == 1 ? "" : "s",
                                     name_of(assessment.write_access)));
  if (need.error != ErrorKind::none) plan.steps.push_back(need.message + ".");
  if (need.required) plan.steps.push_back(fmt::format("A person has to approve it: {}.", join(need.reasons, "; ")));
  if (!request.packages.empty())
    plan.steps.push_back(fmt::format("These packages are installed first, with network {}: {}.",
                                     model::name_of(config.install_network), join(request.packages, ", ")));
  if (!request.requirements.empty())
    plan.steps.push_back(fmt::format("The packages of {} are installed first.", request.requirements.string()));
  plan.steps.push_back(fmt::format("{} runs {} line{} in the sandbox: {} at most, {} of memory, network {}.",
                                   name_of(request.language), split_lines(request.code).size(),
                                   split_lines(request.code).size() == 1 ? "" : "s",
                                   format_duration(request.timeout.value_or(config.timeout)),
                                   format_size(request.memory_bytes.value_or(config.memory_bytes)),
                                   model::name_of(request.network.value_or(config.network))));
  if (permission.error != ErrorKind::none) plan.steps.push_back(permission.message + ".");
  plan.outcome = permission.error != ErrorKind::none || need.error != ErrorKind::none ? "refused"
                 : blocked                                                            ? "blocked"
                 : need.required                                                      ? "asks"
                                                                                      : "runs";
  return plan;
}

ToolAnswer plan(Service& service, const CallContext& context, const json& arguments) {
  const auto request = request_from_json(arguments, service.paths().project);
  if (!request) return answer_of_error(request.error());
  return plan_execution(service, context, *request);
}

constexpr std::string_view kSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"executed":{"type":"boolean"},
"outcome":{"type":"string","enum":["runs","asks","blocked","refused"]},"steps":{"type":"array","items":{"type":"string"}},
"assessment":{"type":"object"},"needs_approval":{"type":"boolean"},"reasons":{"type":"array","items":{"type":"string"}},
"access_mode":{"type":"string"},"kernel_name":{"type":"string"}},"required":["success","executed","outcome","steps"]})";

}  // namespace

ToolAnswer plan_execution(Service& service, const CallContext& context, const ExecutionRequest& request) {
  const AgentConfig& config = service.config();
  const auto found = config.environments.find(request.environment);
  const EnvironmentProfile* environment = found == config.environments.end() ? nullptr : &found->second;
  const Assessment assessment =
      assess_with_files(request.language, request.code, request.files,
                        rules_of(config, request.security.value_or(config.security), environment));
  const ApprovalNeed need = approval_need(config, request, assessment);
  const Plan made = plan_of(service, request, assessment, need, permission_to_run(service, context, request));
  const json structured = {{"success", true},
                           {"executed", false},
                           {"outcome", made.outcome},
                           {"steps", made.steps},
                           {"language", name_of(request.language)},
                           {"assessment", to_json(assessment)},
                           {"needs_approval", need.required},
                           {"reasons", need.reasons},
                           {"access_mode", need.access.name},
                           {"kernel_name", need.access.kernel_name}};
  return answer_of(structured, join(made.steps, "\n") + "\nNothing was run.\n");
}

ToolRow plan_tool() {
  return {"plan_execution",
          "plan",
          "say what running the code would do, and run nothing",
          "What execute_code would do with the same arguments: findings, packages, limits, approvals. Nothing is run.",
          execution_arguments(),
          kSchema,
          {true, false, true, false},
          plan};
}

}  // namespace rh::agent
