#include "runner/agent/config/config_apply.h"

#include <algorithm>

namespace rh::agent::apply {
namespace {

template <class T>
T& named(std::vector<T>& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& one) { return one.name == name; });
  if (found != list.end()) return *found;
  list.push_back({});
  list.back().name = name;
  return list.back();
}

void add_new(std::vector<std::string>& list, const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

bool contains_all(const std::vector<std::string>& list, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& one) { return std::find(list.begin(), list.end(), one) != list.end(); });
}

int strength(std::string_view level) { return level == "block" ? 2 : level == "warn" ? 1 : 0; }

// A rule that is not named has its built-in level: only "block" is surely no less than that.
bool weaker(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after) {
  return std::any_of(after.begin(), after.end(), [&](const auto& rule) {
    const auto known = before.find(rule.first);
    return strength(rule.second) < (known == before.end() ? 2 : strength(known->second));
  });
}

Result<void> wrong(const KeyValue& value, std::string what) {
  return fail(rh::ErrorKind::config, std::move(what), value.where);
}

}  // namespace

Result<void> enabled(C& config, const KeyValue& value) {
  config.enabled = value.text() == "true";
  config.disabled = !config.enabled;
  config.enabled_by = config.enabled ? value.where : "";
  return {};
}

Result<void> caller_may(C& config, const KeyValue& value) {
  for (const std::string& right : value.texts)
    if (!is_one_of(right, {"enable", "allow_prod"}))
      return wrong(value, fmt::format("read 'caller_may': it lists enable and allow_prod, not '{}'", right));
  config.caller_may = value.texts;
  config.caller_may_said = true;
  return {};
}

Result<void> preset(C& config, const KeyValue& value) {
  config.preset = value.text();
  return {};
}

Result<void> allowed_modules(C& config, const KeyValue& value) { return put_list<&C::allowed_modules>(config, value); }
Result<void> forbidden_functions(C& config, const KeyValue& value) {
  return put_list<&C::forbidden_functions>(config, value);
}

Result<void> control_system_calls(C& config, const KeyValue& value) {
  add_new(config.control_system_calls, value.texts);
  return {};
}

Result<void> security_rules(C& config, const KeyValue& value) {
  for (const auto& [rule, level] : value.pairs) config.security_rules[rule] = level;
  return {};
}

Result<void> policy_rules(C& config, const KeyValue& value) {
  for (const auto& [rule, level] : value.pairs) config.policy_rules[rule] = level;
  return {};
}

Result<void> pytest_args(C& config, const KeyValue& value) { return put_list<&C::pytest_args>(config, value); }

Result<void> coverage_threshold(C& config, const KeyValue& value) {
  RH_CHECK(put_number<&C::coverage_threshold>(config, value));
  return config.coverage_threshold <= 100 ? Result<void>{} : wrong(value, "read the threshold: 0 to 100 are percent");
}

Result<void> temperature(C& config, const KeyValue& value) {
  RH_CHECK((put_number<&C::generation, &G::temperature>(config, value)));
  return config.generation.temperature <= 2 ? Result<void>{} : wrong(value, "read the temperature: it is 0 to 2");
}

Result<void> endpoint(C& config, const KeyValue& value) {
  if (!value.text().starts_with("http://") && !value.text().starts_with("https://"))
    return wrong(value, fmt::format("read 'telemetry.endpoint': '{}' does not begin with http:// or https:// "
                                    "(OTLP over HTTP, usually port 4318)",
                                    value.text()));
  config.telemetry.endpoint = value.text();
  return {};
}

Result<void> mode_kernel(C& config, const KeyValue& value) {
  named(config.access_modes, value.name).kernel_name = value.text();
  return {};
}
Result<void> mode_writes(C& config, const KeyValue& value) {
  named(config.access_modes, value.name).allows_writes = value.text() == "true";
  return {};
}
Result<void> mode_approval(C& config, const KeyValue& value) {
  named(config.access_modes, value.name).requires_approval = value.text() == "true";
  return {};
}

Result<void> environment_modules(C& config, const KeyValue& value) {
  config.environments[value.name].allowed_modules = value.texts;
  return {};
}
Result<void> environment_memory(C& config, const KeyValue& value) {
  RH_TRY(config.environments[value.name].memory_bytes, parse_size(value.text()));
  return {};
}
Result<void> environment_timeout(C& config, const KeyValue& value) {
  RH_TRY(config.environments[value.name].timeout, parse_duration(value.text()));
  return {};
}

// A capability that is enabled asks for all code until its mode says less; one that is not asks for none whatever its
// mode. Files may name the two in any order.
Result<void> capability_enabled(C& config, const KeyValue& value) {
  ApprovalMode& asked = config.approval_of_capability.try_emplace(value.name, ApprovalMode::all_code).first->second;
  if (value.text() == "false")
    asked = ApprovalMode::disabled;
  else if (asked == ApprovalMode::disabled)
    asked = ApprovalMode::all_code;
  return {};
}
Result<void> capability_mode(C& config, const KeyValue& value) {
  const auto known = config.approval_of_capability.find(value.name);
  if (known != config.approval_of_capability.end() && known->second == ApprovalMode::disabled) return {};
  for (std::size_t i = 0; i < kApprovalNames.size(); ++i)
    if (kApprovalNames[i] == value.text()) config.approval_of_capability[value.name] = static_cast<ApprovalMode>(i);
  return {};
}

Result<void> provider_url(C& config, const KeyValue& value) {
  if (!value.text().starts_with("http://") && !value.text().starts_with("https://"))
    return wrong(value,
                 fmt::format("read the provider's url: '{}' does not begin with http:// or https://", value.text()));
  named(config.generation.providers, value.name).url = value.text();
  return {};
}
Result<void> provider_model(C& config, const KeyValue& value) {
  named(config.generation.providers, value.name).model = value.text();
  return {};
}
Result<void> provider_key(C& config, const KeyValue& value) {
  named(config.generation.providers, value.name).key_variable = value.text();
  return {};
}

Result<void> tool_description(C& config, const KeyValue& value) {
  named(config.tools, value.name).description = value.text();
  return {};
}
Result<void> tool_command(C& config, const KeyValue& value) {
  if (value.texts.empty()) return wrong(value, fmt::format("read the tool '{}': its command is empty", value.name));
  named(config.tools, value.name).command = value.texts;
  return {};
}
Result<void> tool_arguments(C& config, const KeyValue& value) {
  named(config.tools, value.name).arguments = value.pairs;
  return {};
}

std::string cpus_text(const C& config) { return config.cpus ? fmt::format("{}", *config.cpus) : ""; }
std::string pytest_args_text(const C& config) { return shell_join(config.pytest_args); }
std::string telemetry_enabled_text(const C& config) {
  return config.telemetry.enabled ? *config.telemetry.enabled ? "true" : "false" : "";
}

bool enables(const C& before, const C& after) { return after.enabled && !before.enabled; }
bool allows_production(const C& before, const C& after) { return after.allow_production && !before.allow_production; }
bool gives_callers_more(const C& before, const C& after) { return !contains_all(before.caller_may, after.caller_may); }
bool loosens_preset(const C& before, const C& after) {
  const auto rank = [](std::string_view name) { return is_one_of(name, {"agent", "strict"}) ? 1 : 0; };
  return rank(after.preset) < rank(before.preset);
}
bool loosens_security(const C& before, const C& after) { return after.security > before.security; }
bool loosens_mode(const C& before, const C& after) { return after.mode > before.mode; }
bool loosens_network(const C& before, const C& after) { return after.network > before.network; }
bool loosens_install_network(const C& before, const C& after) { return after.install_network > before.install_network; }
bool loosens_modules(const C& before, const C& after) {
  return !before.allowed_modules.empty() &&
         (after.allowed_modules.empty() || !contains_all(before.allowed_modules, after.allowed_modules));
}
bool loosens_functions(const C& before, const C& after) {
  return !contains_all(after.forbidden_functions, before.forbidden_functions);
}
bool loosens_rules(const C& before, const C& after) {
  return weaker(before.security_rules, after.security_rules) || weaker(before.policy_rules, after.policy_rules);
}
bool loosens_access(const C& before, const C& after) {
  return std::any_of(before.access_modes.begin(), before.access_modes.end(), [&](const AccessMode& was) {
    const auto now = std::find_if(after.access_modes.begin(), after.access_modes.end(),
                                  [&](const AccessMode& one) { return one.name == was.name; });
    return (now->allows_writes && !was.allows_writes) || (!now->requires_approval && was.requires_approval);
  });
}
bool loosens_approval(const C& before, const C& after) {
  if (after.approval < before.approval) return true;
  return std::any_of(after.approval_of_capability.begin(), after.approval_of_capability.end(), [&](const auto& one) {
    const auto known = before.approval_of_capability.find(one.first);
    return one.second < (known == before.approval_of_capability.end() ? before.approval : known->second);
  });
}
bool leaves_project(const C&, const C& after) {
  const auto& folder = after.executions_folder;
  return folder.is_absolute() || std::find(folder.begin(), folder.end(), "..") != folder.end();
}
bool changes_host(const C& before, const C& after) {
  return after.container.jupyter_host != before.container.jupyter_host;
}
// Whoever names the endpoint gets the prompts and the key.
bool changes_providers(const C&, const C&) { return true; }
bool changes_tools(const C&, const C&) { return true; }

}  // namespace rh::agent::apply
