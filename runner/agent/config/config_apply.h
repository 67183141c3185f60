// What the rows of the configuration do with a value: put it into the struct, show what is in force, and tell whether
// it gives more than before. Texts were checked against the row's type.
#pragma once

#include <fmt/core.h>

#include "runner/agent/config/config_node.h"
#include "runner/agent/config/config_rows.h"
#include "runner/base/text.h"

namespace rh::agent::apply {

// A member of a member: at<&AgentConfig::local, &LocalSettings::timeout>(config).
template <auto First, auto... Rest>
auto& at(auto& object) {
  if constexpr (sizeof...(Rest) == 0)
    return object.*First;
  else
    return at<Rest...>(object.*First);
}

template <auto... Path>
Result<void> put_boolean(AgentConfig& config, const KeyValue& value) {
  at<Path...>(config) = value.text() == "true";
  return {};
}
template <auto... Path>
Result<void> put_whole(AgentConfig& config, const KeyValue& value) {
  using Number = std::remove_reference_t<decltype(at<Path...>(config))>;
  const std::uint64_t number = parse_u64(value.text()).value_or(0);
  if (number > std::numeric_limits<Number>::max())
    return fail(rh::ErrorKind::config, fmt::format("{} is too large", number));
  at<Path...>(config) = static_cast<Number>(number);
  return {};
}
template <auto... Path>
Result<void> put_number(AgentConfig& config, const KeyValue& value) {
  at<Path...>(config) = parse_double(value.text()).value_or(0);
  return {};
}
template <auto... Path>
Result<void> put_size(AgentConfig& config, const KeyValue& value) {
  RH_TRY(at<Path...>(config), parse_size(value.text()));
  return {};
}
template <auto... Path>
Result<void> put_duration(AgentConfig& config, const KeyValue& value) {
  RH_TRY(at<Path...>(config), parse_duration(value.text()));
  return {};
}
template <auto... Path>
Result<void> put_text(AgentConfig& config, const KeyValue& value) {
  at<Path...>(config) = value.text();
  return {};
}
template <auto... Path>
Result<void> put_list(AgentConfig& config, const KeyValue& value) {
  at<Path...>(config) = value.texts;
  return {};
}
// The choices of the row stand in the order of the enumeration.
template <auto Names, auto... Path>
Result<void> put_choice(AgentConfig& config, const KeyValue& value) {
  auto& field = at<Path...>(config);
  for (std::size_t i = 0; i < Names.size(); ++i)
    if (Names[i] == value.text()) field = static_cast<std::remove_reference_t<decltype(field)>>(i);
  return {};
}

template <auto... Path>
std::string show_boolean(const AgentConfig& config) {
  return at<Path...>(config) ? "true" : "false";
}
template <auto... Path>
std::string show(const AgentConfig& config) {
  return fmt::format("{}", at<Path...>(config));
}
template <auto... Path>
std::string show_path(const AgentConfig& config) {
  return at<Path...>(config).string();
}
template <auto... Path>
std::string show_size(const AgentConfig& config) {
  return format_size(at<Path...>(config));
}
template <auto... Path>
std::string show_duration(const AgentConfig& config) {
  return format_duration(at<Path...>(config));
}
template <auto... Path>
std::string show_list(const AgentConfig& config) {
  return join(at<Path...>(config), ", ");
}
template <auto Names, auto... Path>
std::string show_choice(const AgentConfig& config) {
  return std::string(Names[static_cast<std::size_t>(at<Path...>(config))]);
}

// A higher limit is a looser one.
template <auto... Path>
bool raises(const AgentConfig& before, const AgentConfig& after) {
  return at<Path...>(after) > at<Path...>(before);
}

// In the order of the enumerations of config.h. Functions of texts, since a template's argument may hold no
// std::string_view in C++20 with GCC 12.
struct Word {
  char text[16]{};
  constexpr Word(const char* from) {  // NOLINT: a literal is meant to be a word
    for (std::size_t i = 0; i + 1 < sizeof text && from[i] != 0; ++i) text[i] = from[i];
  }
  constexpr operator std::string_view() const { return text; }
  bool operator==(std::string_view other) const { return other == text; }
};
template <std::size_t N>
struct Words {
  Word words[N];
  constexpr std::size_t size() const { return N; }
  constexpr const Word& operator[](std::size_t i) const { return words[i]; }
};
inline constexpr Words<2> kSecurityNames{{"safe", "permissive"}};
inline constexpr Words<2> kModeNames{{"subprocess", "exec"}};
inline constexpr Words<3> kMethodNames{{"local", "container", "auto"}};
inline constexpr Words<2> kNetworkNames{{"none", "host"}};
inline constexpr Words<3> kApprovalNames{{"disabled", "selective", "all_code"}};

using C = AgentConfig;
using G = GenerationSettings;

Result<void> enabled(C&, const KeyValue&);
Result<void> caller_may(C&, const KeyValue&);
Result<void> preset(C&, const KeyValue&);
Result<void> allowed_modules(C&, const KeyValue&);
Result<void> forbidden_functions(C&, const KeyValue&);
Result<void> control_system_calls(C&, const KeyValue&);
Result<void> security_rules(C&, const KeyValue&);
Result<void> policy_rules(C&, const KeyValue&);
Result<void> pytest_args(C&, const KeyValue&);
Result<void> coverage_threshold(C&, const KeyValue&);
Result<void> temperature(C&, const KeyValue&);
Result<void> endpoint(C&, const KeyValue&);
Result<void> mode_kernel(C&, const KeyValue&);
Result<void> mode_writes(C&, const KeyValue&);
Result<void> mode_approval(C&, const KeyValue&);
Result<void> environment_modules(C&, const KeyValue&);
Result<void> environment_memory(C&, const KeyValue&);
Result<void> environment_timeout(C&, const KeyValue&);
Result<void> capability_enabled(C&, const KeyValue&);
Result<void> capability_mode(C&, const KeyValue&);
Result<void> provider_url(C&, const KeyValue&);
Result<void> provider_model(C&, const KeyValue&);
Result<void> provider_key(C&, const KeyValue&);
Result<void> tool_description(C&, const KeyValue&);
Result<void> tool_command(C&, const KeyValue&);
Result<void> tool_arguments(C&, const KeyValue&);
std::string cpus_text(const C&);
std::string pytest_args_text(const C&);
std::string telemetry_enabled_text(const C&);

bool enables(const C& before, const C& after);
bool allows_production(const C& before, const C& after);
bool gives_callers_more(const C& before, const C& after);
bool loosens_preset(const C& before, const C& after);
bool loosens_security(const C& before, const C& after);
bool loosens_mode(const C& before, const C& after);
bool loosens_network(const C& before, const C& after);
bool loosens_install_network(const C& before, const C& after);
bool loosens_modules(const C& before, const C& after);
bool loosens_functions(const C& before, const C& after);
bool loosens_rules(const C& before, const C& after);
bool loosens_access(const C& before, const C& after);
bool loosens_approval(const C& before, const C& after);
bool leaves_project(const C& before, const C& after);
bool changes_host(const C& before, const C& after);
bool changes_providers(const C& before, const C& after);
bool changes_tools(const C& before, const C& after);

inline constexpr auto enabled_text = show_boolean<&C::enabled>;
inline constexpr auto allow_production = put_boolean<&C::allow_production>;
inline constexpr auto allow_production_text = show_boolean<&C::allow_production>;
inline constexpr auto caller_may_text = show_list<&C::caller_may>;
inline constexpr auto preset_text = show<&C::preset>;
inline constexpr auto security = put_choice<kSecurityNames, &C::security>;
inline constexpr auto security_text = show_choice<kSecurityNames, &C::security>;
inline constexpr auto mode = put_choice<kModeNames, &C::mode>;
inline constexpr auto mode_text = show_choice<kModeNames, &C::mode>;
inline constexpr auto method = put_choice<kMethodNames, &C::method>;
inline constexpr auto method_text = show_choice<kMethodNames, &C::method>;
inline constexpr auto timeout = put_duration<&C::timeout>;
inline constexpr auto timeout_text = show_duration<&C::timeout>;
inline constexpr auto tool_timeout = put_duration<&C::tool_timeout>;
inline constexpr auto tool_timeout_text = show_duration<&C::tool_timeout>;
inline constexpr auto cpu_time = put_duration<&C::cpu_time>;
inline constexpr auto cpu_time_text = show_duration<&C::cpu_time>;
inline constexpr auto disk = put_size<&C::disk_bytes>;
inline constexpr auto disk_text = show_size<&C::disk_bytes>;
inline constexpr auto memory = put_size<&C::memory_bytes>;
inline constexpr auto memory_text = show_size<&C::memory_bytes>;
inline constexpr auto cpus = put_number<&C::cpus>;
inline constexpr auto max_output = put_size<&C::max_output_bytes>;
inline constexpr auto max_output_text = show<&C::max_output_bytes>;
inline constexpr auto network = put_choice<kNetworkNames, &C::network>;
inline constexpr auto network_text = show_choice<kNetworkNames, &C::network>;
inline constexpr auto install_network = put_choice<kNetworkNames, &C::install_network>;
inline constexpr auto install_network_text = show_choice<kNetworkNames, &C::install_network>;
inline constexpr auto package_cache = put_boolean<&C::package_cache>;
inline constexpr auto package_cache_text = show_boolean<&C::package_cache>;
inline constexpr auto warm_pool = put_whole<&C::warm_pool>;
inline constexpr auto warm_pool_text = show<&C::warm_pool>;
inline constexpr auto allowed_modules_text = show_list<&C::allowed_modules>;
inline constexpr auto forbidden_functions_text = show_list<&C::forbidden_functions>;
inline constexpr auto control_system_calls_text = show_list<&C::control_system_calls>;
inline constexpr auto coverage_threshold_text = show<&C::coverage_threshold>;
inline constexpr auto enable_profiling = put_boolean<&C::enable_profiling>;
inline constexpr auto enable_profiling_text = show_boolean<&C::enable_profiling>;
inline constexpr auto collect_metrics = put_boolean<&C::collect_metrics>;
inline constexpr auto collect_metrics_text = show_boolean<&C::collect_metrics>;
inline constexpr auto save_executions = put_boolean<&C::save_executions>;
inline constexpr auto save_executions_text = show_boolean<&C::save_executions>;
inline constexpr auto notebooks = put_boolean<&C::notebooks>;
inline constexpr auto notebooks_text = show_boolean<&C::notebooks>;
inline constexpr auto executions_folder = put_text<&C::executions_folder>;
inline constexpr auto executions_folder_text = show_path<&C::executions_folder>;
inline constexpr auto debug_log = put_boolean<&C::debug_log>;
inline constexpr auto debug_log_text = show_boolean<&C::debug_log>;
inline constexpr auto jupyter_host = put_text<&C::container, &ContainerSettings::jupyter_host>;
inline constexpr auto jupyter_host_text = show<&C::container, &ContainerSettings::jupyter_host>;
inline constexpr auto jupyter_port = put_whole<&C::container, &ContainerSettings::jupyter_port>;
inline constexpr auto jupyter_port_text = show<&C::container, &ContainerSettings::jupyter_port>;
inline constexpr auto root_image = put_text<&C::container, &ContainerSettings::root_image>;
inline constexpr auto root_image_text = show<&C::container, &ContainerSettings::root_image>;
inline constexpr auto container_timeout = put_duration<&C::container, &ContainerSettings::timeout>;
inline constexpr auto container_timeout_text = show_duration<&C::container, &ContainerSettings::timeout>;
inline constexpr auto python_environment = put_text<&C::local, &LocalSettings::python_environment>;
inline constexpr auto python_environment_text = show<&C::local, &LocalSettings::python_environment>;
inline constexpr auto local_timeout = put_duration<&C::local, &LocalSettings::timeout>;
inline constexpr auto local_timeout_text = show_duration<&C::local, &LocalSettings::timeout>;
inline constexpr auto approval = put_choice<kApprovalNames, &C::approval>;
inline constexpr auto approval_text = show_choice<kApprovalNames, &C::approval>;
inline constexpr auto provider = put_text<&C::generation, &G::provider>;
inline constexpr auto provider_text = show<&C::generation, &G::provider>;
inline constexpr auto model = put_text<&C::generation, &G::model>;
inline constexpr auto model_text = show<&C::generation, &G::model>;
inline constexpr auto temperature_text = show<&C::generation, &G::temperature>;
inline constexpr auto max_retries = put_whole<&C::generation, &G::max_retries>;
inline constexpr auto max_retries_text = show<&C::generation, &G::max_retries>;
inline constexpr auto max_attempts = put_whole<&C::generation, &G::max_attempts>;
inline constexpr auto max_attempts_text = show<&C::generation, &G::max_attempts>;
inline constexpr auto generation_timeout = put_duration<&C::generation, &G::timeout>;
inline constexpr auto generation_timeout_text = show_duration<&C::generation, &G::timeout>;
inline constexpr auto templates = put_text<&C::generation, &G::templates>;
inline constexpr auto templates_text = show_path<&C::generation, &G::templates>;
inline constexpr auto telemetry_enabled = put_boolean<&C::telemetry, &TelemetrySettings::enabled>;
inline constexpr Words<2> kAtEndNames{{"detach", "wait"}};
inline constexpr auto telemetry_at_end = put_choice<kAtEndNames, &C::telemetry, &TelemetrySettings::wait_at_end>;
inline constexpr auto telemetry_at_end_text = show_choice<kAtEndNames, &C::telemetry, &TelemetrySettings::wait_at_end>;
inline constexpr auto service_name = put_text<&C::telemetry, &TelemetrySettings::service_name>;
inline constexpr auto service_name_text = show<&C::telemetry, &TelemetrySettings::service_name>;
inline constexpr auto endpoint_text = show<&C::telemetry, &TelemetrySettings::endpoint>;

}  // namespace rh::agent::apply
