// What an approval is bound to, and how it is put to a person.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/gate.h"
#include "runner/agent/digest.h"
#include "runner/agent/visible_text.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxBoundFile = 64ULL << 20;
constexpr std::size_t kQuestionLines = 200, kQuestionFindings = 20;

std::int64_t number_of(std::chrono::milliseconds span) { return span.count(); }

// Everything of the configuration that decides what the run may do.
json policy_of(const AgentConfig& config) {
  json access = json::array();
  for (const AccessMode& mode : access_modes(config))
    access.push_back({mode.name, mode.kernel_name, mode.allows_writes, mode.requires_approval});
  json capabilities = json::object();
  for (const auto& [name, mode] : config.approval_of_capability) capabilities[name] = static_cast<int>(mode);
  json environments = json::object();
  for (const auto& [name, profile] : config.environments)
    environments[name] = {profile.allowed_modules, profile.memory_bytes.value_or(0),
                          number_of(profile.timeout.value_or(std::chrono::milliseconds(0)))};
  return {{"preset", config.preset},
          {"security", static_cast<int>(config.security)},
          {"mode", static_cast<int>(config.mode)},
          {"method", static_cast<int>(config.method)},
          {"timeout", number_of(config.timeout)},
          {"tool_timeout", number_of(config.tool_timeout)},
          {"cpu_time", number_of(config.cpu_time)},
          {"memory", config.memory_bytes},
          {"disk", config.disk_bytes},
          {"cpus", config.cpus.value_or(0)},
          {"output", config.max_output_bytes},
          {"network", static_cast<int>(config.network)},
          {"install_network", static_cast<int>(config.install_network)},
          {"allowed_modules", config.allowed_modules},
          {"forbidden_functions", config.forbidden_functions},
          {"security_rules", config.security_rules},
          {"policy_rules", config.policy_rules},
          {"control_system_calls", config.control_system_calls},
          {"access", access},
          {"approval", static_cast<int>(config.approval)},
          {"capabilities", capabilities},
          {"environments", environments},
          {"container", {config.container.jupyter_host, config.container.jupyter_port, config.container.root_image}},
          {"local", config.local.python_environment}};
}

Result<std::string> digest_of_file(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  RH_TRY(const std::string bytes, read_file(file, kMaxBoundFile));
  return sha256_hex(bytes);
}

std::string limits_text(const AgentConfig& config, const ExecutionRequest& request) {
  const auto network = request.network.value_or(config.network);
  return fmt::format("{} at most, {} of memory, network: {}", format_duration(request.timeout.value_or(config.timeout)),
                     format_size(request.memory_bytes.value_or(config.memory_bytes)), model::name_of(network));
}

void put_code(const ExecutionRequest& request, std::string& text) {
  const auto lines = split_lines(request.code);
  text += fmt::format("{} code ({} lines, SHA-256 {}):\n", name_of(request.language), lines.size(),
                      sha256_hex(request.code).substr(0, 16));
  for (std::size_t i = 0; i < lines.size() && i < kQuestionLines; ++i) {
    text += fmt::format("{:>5} | {}\n", i + 1, visible_text(lines[i]));
  }
  if (lines.size() > kQuestionLines)
    text +=
        fmt::format("and {} lines more: `runharness approvals show` has all of it\n", lines.size() - kQuestionLines);
}

}  // namespace

Result<std::string> approval_subject(const AgentConfig& config, const ExecutionRequest& request,
                                     const Assessment& assessment) {
  if (to_valid_utf8(request.code) != request.code)
    return fail(rh::ErrorKind::usage, "put the code up for approval: it is no UTF-8 text, and cannot be shown whole");
  json findings = json::array();
  for (const Finding& finding : assessment.findings)
    findings.push_back({finding.rule, finding.file, finding.line, finding.column, static_cast<int>(finding.severity)});
  RH_TRY(const std::string script, digest_of_file(request.script));
  const std::string& read = request.notebook_text.empty() ? request.code : request.notebook_text;
  if (!script.empty() && script != sha256_hex(read))
    return fail(rh::ErrorKind::usage, "put the code up for approval: the script changed since it was read",
                request.script.string());
  // Their bytes, since what is no UTF-8 is not told apart in JSON.
  json files = json::object();
  for (const auto& [name, content] : request.files) files[to_valid_utf8(name)] = sha256_hex(name + '\0' + content);
  RH_TRY(const std::string requirements, digest_of_file(request.requirements));
  // Whether code may run at all is decided anew when it does: it is no part of what the code can do.
  json asked = to_json(request);
  for (const char* name : {"enable", "allow_prod"}) asked.erase(name);
  const json subject = {{"version", 1},
                        {"request", asked},
                        {"script", script},
                        {"requirements", requirements},
                        {"files", files},
                        {"findings", findings},
                        {"write_access", name_of(assessment.write_access)},
                        {"policy", policy_of(config)}};
  return subject.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string approval_question(const AgentConfig& config, const ExecutionRequest& request, const Assessment& assessment,
                              const ApprovalNeed& need) {
  std::string text = fmt::format("Code is to be run that needs approval: {}.\n", join(need.reasons, "; "));
  if (!request.instruction.empty()) text += fmt::format("Instruction: {}\n", visible_text(request.instruction));
  if (!request.user_query.empty()) text += fmt::format("Asked by the user: {}\n", visible_text(request.user_query));
  text +=
      fmt::format("Access: {} (writing {})\n", need.access.name, need.access.allows_writes ? "allowed" : "not allowed");
  text += fmt::format("Limits: {}\n", limits_text(config, request));
  if (!request.packages.empty())
    text += fmt::format("Packages installed first: {}\n", visible_text(join(request.packages, ", ")));
  if (!request.requirements.empty())
    text += fmt::format("Packages of: {}\n", visible_text(request.requirements.string()));
  for (const auto& [name, content] : request.files)
    text += fmt::format("File: {} ({})\n", visible_text(name), format_size(content.size()));
  if (!assessment.built_in) text += "Validation: not built in; nothing is known about the code.\n";
  for (std::size_t i = 0; i < assessment.findings.size() && i < kQuestionFindings; ++i) {
    const Finding& finding = assessment.findings[i];
    text += fmt::format("Finding: line {}, {}: {}\n", finding.line, name_of(finding.rule_class),
                        visible_text(finding.message));
  }
  if (assessment.findings.size() > kQuestionFindings)
    text += fmt::format("and {} findings more\n", assessment.findings.size() - kQuestionFindings);
  if (assessment.built_in && assessment.findings.empty()) text += "Validation: no findings.\n";
  put_code(request, text);
  return text;
}

}  // namespace rh::agent
