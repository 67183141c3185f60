#include "runner/agent/safety/safety_check.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/service.h"
#include "runner/base/redact.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

bool may_lift(const AgentConfig& config, const CallContext& context, std::string_view right) {
  return !context.over_mcp ||
         std::find(config.caller_may.begin(), config.caller_may.end(), right) != config.caller_may.end();
}
bool allows_production(const AgentConfig& config, const ExecutionRequest& request) {
  return config.allow_production || request.allow_production;
}
bool permissive(const AgentConfig& config, const ExecutionRequest& request) {
  return request.security.value_or(config.security) == SecurityMode::permissive;
}
bool warm(const AgentConfig& config, const ExecutionRequest& request) {
  return request.mode.value_or(config.mode) == ExecutionMode::exec;
}
bool has_network(const AgentConfig& config, const ExecutionRequest& request) {
  return request.network.value_or(config.network) == model::NetworkPolicy::host;
}

// What is known without trying anything.
void add_settings(std::vector<Concern>& concerns, const Service& service, const ExecutionRequest& request) {
  const AgentConfig& config = service.config();
  if (!config.production_sign.empty())
    concerns.push_back({"production",
                        fmt::format("this is a production environment: {}{}", config.production_sign,
                                    allows_production(config, request) ? "; running code there was allowed" : ""),
                        !allows_production(config, request)});
  if (permissive(config, request))
    concerns.push_back({"permissive", "security is permissive: validation blocks nothing, only the sandbox does"});
  if (has_network(config, request))
    concerns.push_back({"network", "the code has the network of the host: it can send out what it reads"});
  if (warm(config, request))
    concerns.push_back(
        {"warm_interpreter", "mode exec runs code inside of a kept interpreter: less isolated, for trusted code only"});
  if (!config.container.jupyter_host.empty() && request.method.value_or(config.method) != ExecutionMethod::local)
    concerns.push_back(
        {"jupyter_server",
         fmt::format("code of the method container leaves this machine: it runs on the Jupyter server {}, "
                     "whose isolation is not known",
                     config.container.jupyter_host)});
  std::vector<std::string> secrets;
  for (const auto& [name, value] : request.env)
    if (names_a_secret(name)) secrets.push_back(name);
  if (!secrets.empty())
    concerns.push_back(
        {"secrets_given", fmt::format("the code is given what looks like secrets: {}", join(secrets, ", "))});
  if (config.approval == ApprovalMode::disabled && permissive(config, request))
    concerns.push_back({"no_approval", "nobody is asked before code runs: approval is disabled"});
}

void add_exposure(std::vector<Concern>& concerns, const Service& service, const ExecutionRequest& request,
                  const Audience& audience) {
  const AgentConfig& config = service.config();
  const Exposure exposure = service.exposure();
  if (exposure.public_address && !exposure.token)
    concerns.push_back(
        {"open_server",
         fmt::format("the server listens on {} without a token: whoever reaches it runs code here", exposure.address),
         true});
  const bool reached = exposure.public_address || audience.public_facing;
  if (!reached && !audience.untrusted) return;
  const std::string whose = reached ? "strangers can reach this" : "the code is untrusted";
  if (warm(config, request))
    concerns.push_back({"weak_isolation", whose + ", and mode exec does not isolate runs from each other", true});
  if (config.preset == "local")
    concerns.push_back({"weak_isolation", whose + ", and the preset local does not isolate", true});
  if (permissive(config, request)) concerns.push_back({"unchecked_code", whose + ", and security is permissive"});
}

std::string missing_text(const model::IsolationReport& report) {
  std::vector<std::string> missing;
  for (const model::IsolationRow& row : report.rows)
    if (row.state == model::MechanismState::refused || row.state == model::MechanismState::degraded)
      missing.push_back(fmt::format("{} ({})", row.mechanism, row.reason));
  return join(missing, "; ");
}

void add_sandbox(std::vector<Concern>& concerns, Service& service, const Audience& audience) {
  const model::IsolationReport report = service.launcher().probe(model::IsolationLevel::strict);
  const bool exposed = audience.public_facing || audience.untrusted || service.exposure().public_address;
  if (report.reached == model::IsolationLevel::none)
    concerns.push_back({"no_sandbox",
                        fmt::format("this host allows no sandbox, so that code is shown and not run{}: see "
                                    "`runharness doctor`",
                                    exposed ? "; strangers' code must not run without one" : ""),
                        exposed});
  else if (report.reached < model::IsolationLevel::strict)
    concerns.push_back({"degraded_sandbox", fmt::format("the sandbox is incomplete: {}", missing_text(report)), false});
  if (::geteuid() == 0 && report.reached < model::IsolationLevel::contained)
    concerns.push_back({"root", "runharness runs as root and cannot isolate the code from that", true});
}

}  // namespace

std::vector<Concern> concerns_of(Service& service, const ExecutionRequest& request, const Audience& audience) {
  std::vector<Concern> concerns;
  add_settings(concerns, service, request);
  add_exposure(concerns, service, request, audience);
  add_sandbox(concerns, service, audience);
  std::stable_sort(concerns.begin(), concerns.end(),
                   [](const Concern& a, const Concern& b) { return a.blocks && !b.blocks; });
  return concerns;
}

std::vector<std::string> safety_concerns(Service& service, const ExecutionRequest& request) {
  std::vector<std::string> messages;
  for (const Concern& concern : concerns_of(service, request)) messages.push_back(concern.message);
  return messages;
}

void withhold_rights(const AgentConfig& config, const CallContext& context, ExecutionRequest& request) {
  request.enable = request.enable && may_lift(config, context, "enable");
  request.allow_production = request.allow_production && may_lift(config, context, "allow_prod");
}

Permission permission_to_run(const Service& service, const CallContext& context, const ExecutionRequest& request) {
  const AgentConfig& config = service.config();
  if (!config.enabled && !(request.enable && !config.disabled && may_lift(config, context, "enable"))) {
    std::string message =
        context.over_mcp && !config.disabled && may_lift(config, context, "enable")
            ? "running code is not enabled: the call says enable: true, or the owner of the server starts it with "
              "--enable or sets execution.enabled = true in ~/.config/runharness/agent.toml"
        : context.over_mcp
            ? "running code is not enabled on this server, and a call cannot enable it: its owner starts it with "
              "--enable (or lets callers decide: --caller-may enable), or sets execution.enabled = true in "
              "~/.config/runharness/agent.toml"
            : "running code is not enabled: pass --enable, or set execution.enabled = true in "
              "~/.config/runharness/agent.toml";
    for (const std::string& ignored : config.ignored)
      if (ignored.starts_with("'execution.enabled'")) message += ". " + ignored;
    return {ErrorKind::not_enabled, message, {}};
  }
  const bool allowed = config.allow_production || (request.allow_production && may_lift(config, context, "allow_prod"));
  if (!config.production_sign.empty() && !allowed)
    return {ErrorKind::production_execution_blocked,
            fmt::format("this is a production environment ({}): code is not run here unless {}", config.production_sign,
                        context.over_mcp ? "the owner of the server starts it with --allow-prod (or lets callers "
                                           "decide: --caller-may allow_prod)"
                                         : "--allow-prod is given"),
            {}};
  std::vector<Concern> concerns;
  add_exposure(concerns, service, request, {});
  Permission refused{ErrorKind::safety_check_failed, {}, {}};
  for (const Concern& concern : concerns)
    if (concern.blocks) refused.concerns.push_back(concern.message);
  if (refused.concerns.empty()) return {};
  refused.message = "the safety check has concerns: " + join(refused.concerns, "; ");
  return refused;
}

}  // namespace rh::agent
