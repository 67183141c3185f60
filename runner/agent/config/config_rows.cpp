#include "runner/agent/config/config_rows.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "runner/agent/config/config_apply.h"
#include "runner/agent/config/config_node.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using T = KeyType;
namespace a = apply;

constexpr std::string_view kSecurity = "safe|permissive|true=safe|strict=safe|false=permissive";
constexpr std::string_view kMethod = "local|container|auto|automatic=auto";
constexpr std::string_view kGlobalMode =
    "disabled|selective|all_code|off=disabled|none=disabled|all=all_code|all_capabilities=all_code|"
    "epics_writes=selective|writes=selective";

// key, type, choices, default, environment, other names, help, setter, getter, does it loosen
const std::vector<KeyRow> kRows = {
    {"execution.enabled", T::boolean, "", "false", "RUNHARNESS_EXECUTION", "enable,code_execution_enabled",
     "code may be run", a::enabled, a::enabled_text, a::enables},
    {"execution.allow_production", T::boolean, "", "false", "RUNHARNESS_ALLOW_PRODUCTION", "allow_prod",
     "also where the environment says production", a::allow_production, a::allow_production_text, a::allows_production},
    {"execution.caller_may", T::list, "", "", "RUNHARNESS_CALLER_MAY", "",
     "what a call over MCP may lift by itself: enable, allow_prod; not said: enable over stdio", a::caller_may,
     a::caller_may_text, a::gives_callers_more},
    {"execution.preset", T::choice, "agent|strict|ci|local", "agent", "RUNHARNESS_EXECUTION_PRESET", "",
     "limits and isolation that code starts from", a::preset, a::preset_text, a::loosens_preset},
    {"execution.security", T::choice, kSecurity, "safe", "RUNHARNESS_EXECUTION_SECURITY,EXECUTOR_SANDBOX_MODE",
     "security_mode,sandbox_mode", "what validation blocks: safe, or permissive (nothing)", a::security,
     a::security_text, a::loosens_security},
    {"execution.mode", T::choice, "subprocess|exec", "subprocess", "RUNHARNESS_EXECUTION_MODE,EXECUTOR_MODE",
     "execution_mode", "a fresh interpreter each time, or a warm one for trusted code", a::mode, a::mode_text,
     a::loosens_mode},
    {"execution.method", T::choice, kMethod, "auto", "RUNHARNESS_EXECUTION_METHOD,EXECUTOR_METHOD", "execution_method",
     "the caller's interpreters, or a sandbox with a system of its own", a::method, a::method_text},
    {"execution.timeout", T::duration, "", "5m", "RUNHARNESS_EXECUTION_TIMEOUT,EXECUTOR_TIMEOUT",
     "max_execution_time,execution_timeout", "wall time of a run", a::timeout, a::timeout_text,
     a::raises<&AgentConfig::timeout>},
    {"execution.tool_timeout", T::duration, "", "30s", "RUNHARNESS_TOOL_TIMEOUT", "",
     "wall time of a run that an agent asked for over MCP", a::tool_timeout, a::tool_timeout_text,
     a::raises<&AgentConfig::tool_timeout>},
    {"execution.cpu_time", T::duration, "", "30s", "RUNHARNESS_EXECUTION_CPU_TIME,EXECUTOR_CPU_TIME", "max_cpu_time",
     "CPU time of a run", a::cpu_time, a::cpu_time_text, a::raises<&AgentConfig::cpu_time>},
    {"execution.memory", T::size, "", "512M", "RUNHARNESS_EXECUTION_MEMORY,EXECUTOR_MAX_MEMORY",
     "max_memory,memory_limit", "memory of a run", a::memory, a::memory_text, a::raises<&AgentConfig::memory_bytes>},
    {"execution.disk", T::size, "", "2G", "RUNHARNESS_EXECUTION_DISK,EXECUTOR_MAX_DISK", "max_disk,disk_limit",
     "what the folders of a run may hold", a::disk, a::disk_text, a::raises<&AgentConfig::disk_bytes>},
    {"execution.cpus", T::number, "", "", "RUNHARNESS_EXECUTION_CPUS,EXECUTOR_CPUS", "cpu_limit",
     "share of cores, such as 0.5", a::cpus, a::cpus_text},
    {"execution.max_output", T::size, "", "10000",
     "RUNHARNESS_EXECUTION_MAX_OUTPUT,EXECUTOR_MAX_OUTPUT_LENGTH,MAX_OUTPUT_LENGTH", "max_output_length",
     "bytes of each stream in a record", a::max_output, a::max_output_text, a::raises<&AgentConfig::max_output_bytes>},
    {"execution.network", T::choice, "none|host|off=none|false=none|on=host|true=host", "none",
     "RUNHARNESS_EXECUTION_NETWORK", "", "network of the code", a::network, a::network_text, a::loosens_network},
    {"execution.install_network", T::choice, "none|host|off=none|false=none|on=host|true=host", "host",
     "RUNHARNESS_INSTALL_NETWORK", "", "network while packages are installed", a::install_network,
     a::install_network_text, a::loosens_install_network},
    {"execution.package_cache", T::boolean, "", "false", "RUNHARNESS_PACKAGE_CACHE", "cache_packages",
     "keep installed packages for later runs", a::package_cache, a::package_cache_text},
    {"execution.warm_pool", T::whole, "", "0", "RUNHARNESS_WARM_POOL", "", "interpreters that a server keeps ready",
     a::warm_pool, a::warm_pool_text},
    {"execution.allowed_modules", T::list, "", "",
     "RUNHARNESS_ALLOWED_MODULES,EXECUTOR_ALLOWED_MODULES,ALLOWED_MODULES", "allowed_imports",
     "imports that are allowed; empty: all that the security mode does not block", a::allowed_modules,
     a::allowed_modules_text, a::loosens_modules},
    {"execution.forbidden_functions", T::list, "", "",
     "RUNHARNESS_FORBIDDEN_FUNCTIONS,EXECUTOR_FORBIDDEN_FUNCTIONS,FORBIDDEN_FUNCTIONS", "",
     "calls that are blocked beside those of the security mode", a::forbidden_functions, a::forbidden_functions_text,
     a::loosens_functions},
    {"execution.security_rules", T::map, "block|warn|off", "", "", "", "rule = block, warn or off: what is dangerous",
     a::security_rules, nullptr, a::loosens_rules},
    {"execution.policy_rules", T::map, "block|warn|off", "", "", "", "rule = block, warn or off: what is not wanted",
     a::policy_rules, nullptr, a::loosens_rules},
    {"execution.control_system_calls", T::list, "", "", "RUNHARNESS_CONTROL_SYSTEM_CALLS", "",
     "further calls that write to a control system", a::control_system_calls, a::control_system_calls_text},
    {"execution.pytest_args", T::words, "", "-v --tb=short", "RUNHARNESS_PYTEST_ARGS,PYTEST_ARGS", "",
     "arguments of pytest in run_tests", a::pytest_args, a::pytest_args_text},
    {"execution.coverage_threshold", T::number, "", "80", "RUNHARNESS_COVERAGE_THRESHOLD,COVERAGE_THRESHOLD", "",
     "percent below which run_tests fails", a::coverage_threshold, a::coverage_threshold_text},
    {"execution.enable_profiling", T::boolean, "", "true", "RUNHARNESS_ENABLE_PROFILING,ENABLE_PROFILING", "profiling",
     "profiles name bottlenecks and what to do about them", a::enable_profiling, a::enable_profiling_text},
    {"execution.collect_metrics", T::boolean, "", "true", "RUNHARNESS_COLLECT_METRICS,COLLECT_METRICS", "metrics",
     "CPU and memory of a run are sampled", a::collect_metrics, a::collect_metrics_text},
    {"execution.save_executions", T::boolean, "", "true", "RUNHARNESS_SAVE_EXECUTIONS,EXECUTOR_SAVE_EXECUTIONS",
     "save_execution", "keep a record of each run", a::save_executions, a::save_executions_text},
    {"execution.notebooks", T::boolean, "", "false", "RUNHARNESS_NOTEBOOKS", "notebook", "write a notebook of each run",
     a::notebooks, a::notebooks_text},
    {"execution.executions_folder", T::text, "", ".runharness/agent/executions", "RUNHARNESS_EXECUTIONS_FOLDER",
     "executions_dir,history_dir", "folder of the records", a::executions_folder, a::executions_folder_text,
     a::leaves_project},
    {"execution.debug_log", T::boolean, "", "false", "RUNHARNESS_EXECUTION_DEBUG", "debug",
     "say what the execution service does on standard error", a::debug_log, a::debug_log_text},
    {"execution.max_retries", T::whole, "", "2", "RUNHARNESS_MAX_RETRIES,EXECUTOR_MAX_RETRIES", "",
     "corrections of generated code that failed", a::max_retries, a::max_retries_text},
    {"execution.container.jupyter_host", T::text, "", "", "RUNHARNESS_JUPYTER_HOST", "",
     "host of a Jupyter server; empty: our own sandbox", a::jupyter_host, a::jupyter_host_text, a::changes_host},
    {"execution.container.jupyter_port", T::whole, "", "8888", "RUNHARNESS_JUPYTER_PORT", "", "port of that server",
     a::jupyter_port, a::jupyter_port_text},
    {"execution.container.root_image", T::text, "", "", "RUNHARNESS_ROOT_IMAGE", "image",
     "folder with a root file system", a::root_image, a::root_image_text},
    {"execution.container.timeout", T::duration, "", "5m", "", "execution_timeout", "wall time of a run there",
     a::container_timeout, a::container_timeout_text},
    {"execution.local.python_environment", T::text, "", "", "RUNHARNESS_PYTHON", "python_env_path,python_path",
     "folder of a Python environment, or an interpreter", a::python_environment, a::python_environment_text},
    {"execution.local.timeout", T::duration, "", "2m", "", "execution_timeout", "wall time of a run there",
     a::local_timeout, a::local_timeout_text},
    {"execution.modes.*.kernel_name", T::text, "", "", "", "", "kernel of notebooks of this access mode",
     a::mode_kernel},
    {"execution.modes.*.allows_writes", T::boolean, "", "", "", "", "code of this mode may write", a::mode_writes,
     nullptr, a::loosens_access},
    {"execution.modes.*.requires_approval", T::boolean, "", "", "", "", "a person has to approve code of this mode",
     a::mode_approval, nullptr, a::loosens_access},
    {"execution.environments.*.allowed_modules", T::list, "", "", "", "", "imports that code may use there",
     a::environment_modules},
    {"execution.environments.*.memory", T::size, "", "", "", "memory_limit,max_memory", "memory of a run there",
     a::environment_memory},
    {"execution.environments.*.timeout", T::duration, "", "", "", "", "wall time of a run there",
     a::environment_timeout},
    {"approval.global_mode", T::choice, kGlobalMode, "disabled", "RUNHARNESS_APPROVAL", "mode",
     "which runs a person has to approve: none, those that write, all", a::approval, a::approval_text,
     a::loosens_approval},
    {"approval.capabilities.*.enabled", T::boolean, "", "", "", "", "the capability asks for approval",
     a::capability_enabled, nullptr, a::loosens_approval},
    {"approval.capabilities.*.mode", T::choice, kGlobalMode, "", "", "", "which of its runs have to be approved",
     a::capability_mode, nullptr, a::loosens_approval},
    {"generation.provider", T::text, "", "", "RUNHARNESS_PROVIDER", "", "whose model writes code", a::provider,
     a::provider_text},
    {"generation.model", T::text, "", "", "RUNHARNESS_MODEL", "", "model; empty: the provider's", a::model,
     a::model_text},
    {"generation.temperature", T::number, "", "0.2", "RUNHARNESS_TEMPERATURE", "", "0 to 2; low for code",
     a::temperature, a::temperature_text},
    {"generation.max_retries", T::whole, "", "2", "", "", "corrections of generated code that failed", a::max_retries,
     a::max_retries_text},
    {"generation.max_attempts", T::whole, "", "5", "RUNHARNESS_MAX_ATTEMPTS", "", "attempts of solve", a::max_attempts,
     a::max_attempts_text},
    {"generation.timeout", T::duration, "", "2m", "RUNHARNESS_GENERATION_TIMEOUT", "", "of one answer of the model",
     a::generation_timeout, a::generation_timeout_text},
    {"generation.templates", T::text, "", "", "RUNHARNESS_PROMPT_TEMPLATES", "prompts",
     "folder with prompts that replace the built-in ones", a::templates, a::templates_text},
    {"generation.providers.*.url", T::text, "", "", "", "base_url", "base of the chat completions endpoint",
     a::provider_url, nullptr, a::changes_providers},
    {"generation.providers.*.model", T::text, "", "", "", "", "its model", a::provider_model, nullptr,
     a::changes_providers},
    {"generation.providers.*.key_variable", T::text, "", "", "", "api_key_variable,api_key_env",
     "environment variable with its key", a::provider_key, nullptr, a::changes_providers},
    {"telemetry.enabled", T::boolean, "", "", "RUNHARNESS_TELEMETRY", "",
     "send traces, metrics and logs (default: when an OTEL_EXPORTER_OTLP_ endpoint is set)", a::telemetry_enabled,
     a::telemetry_enabled_text},
    {"telemetry.service_name", T::text, "", "runharness", "", "", "service.name of what is sent", a::service_name,
     a::service_name_text},
    {"telemetry.at_end", T::choice, "detach|wait", "detach", "RUNHARNESS_TELEMETRY_AT_END", "",
     "what a slow collector has not taken is sent by a process that goes on, or waited for", a::telemetry_at_end,
     a::telemetry_at_end_text},
    {"telemetry.endpoint", T::text, "", "http://localhost:4318", "", "", "collector that takes OTLP over HTTP",
     a::endpoint, a::endpoint_text},
    {"tools.*.description", T::text, "", "", "", "", "what an added tool does", a::tool_description, nullptr,
     a::changes_tools},
    {"tools.*.command", T::list, "", "", "", "", "its program and arguments; {name} is an argument of the call",
     a::tool_command, nullptr, a::changes_tools},
    {"tools.*.arguments", T::map, "", "", "", "", "name = help of its arguments", a::tool_arguments, nullptr,
     a::changes_tools},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// Word by word; "*" takes any one word.
bool same_words(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& words,
                std::string& name) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*")
      name = words[i];
    else if (lower(words[i]) != pattern[i])
      return false;
  }
  return true;
}

bool names_row(const KeyRow& row, const std::vector<std::string_view>& words, std::string& name) {
  auto pattern = split(row.key, '.');
  if (pattern.size() != words.size()) return false;
  if (same_words(pattern, words, name)) return true;
  for (const std::string_view alias : split(row.aliases, ',')) {
    pattern.back() = alias;
    if (!alias.empty() && same_words(pattern, words, name)) return true;
  }
  return false;
}

Result<std::string> chosen(std::string_view choices, const std::string& text) {
  std::string list;
  for (const std::string_view choice : split(choices, '|')) {
    const std::size_t equals = choice.find('=');
    if (lower(text) == choice.substr(0, equals))
      return std::string(equals == std::string_view::npos ? choice : choice.substr(equals + 1));
    if (equals == std::string_view::npos) list += fmt::format("{}{}", list.empty() ? "" : ", ", choice);
  }
  return fail(rh::ErrorKind::config, fmt::format("'{}' is none of {}", text, list));
}

Result<void> check_scalar(const KeyRow& row, std::string& text) {
  const auto wants = [&](std::string_view wanted) {
    return fail(rh::ErrorKind::config, fmt::format("{} is wanted, '{}' was found", wanted, text));
  };
  const auto number = parse_double(text);
  switch (row.type) {
    case T::boolean: {
      const std::string word = lower(text);
      if (is_one_of(word, {"true", "yes", "on", "1"}))
        text = "true";
      else if (is_one_of(word, {"false", "no", "off", "0"}))
        text = "false";
      else
        return wants("true or false");
      return {};
    }
    case T::whole:
      if (!parse_u64(text) || *parse_u64(text) > 1'000'000) return wants("a whole number up to 1000000");
      return {};
    case T::number:
      if (!number || !std::isfinite(*number) || *number < 0) return wants("a number");
      return {};
    case T::size:
      if (const auto size = parse_size(text); !size || *size == 0) return wants("a size such as \"512M\"");
      return {};
    case T::duration:
      if (number) text = fmt::format("{}ms", std::llround(std::clamp(*number, 0.0, 1e9) * 1000));
      if (const auto span = parse_duration(text); !span || span->count() <= 0)
        return wants("a number of seconds or a duration such as \"90s\"");
      return {};
    case T::choice: {
      RH_TRY(text, chosen(row.choices, text));
      return {};
    }
    default:
      return {};
  }
}

}  // namespace

const std::vector<KeyRow>& key_rows() { return kRows; }

std::string_view name_of(KeyType type) {
  constexpr std::string_view kNames[] = {"true or false", "whole number", "number", "size",   "duration",
                                         "text",          "list",         "words",  "choice", "table"};
  return kNames[static_cast<std::size_t>(type)];
}

const KeyRow* key_row(std::string_view dotted, std::string& name) {
  const auto words = split(dotted, '.');
  for (const KeyRow& row : kRows)
    if (names_row(row, words, name)) return &row;
  return nullptr;
}

bool is_section(std::string_view dotted) {
  const auto words = split(dotted, '.');
  std::string name;
  return std::any_of(kRows.begin(), kRows.end(), [&](const KeyRow& row) {
    auto pattern = split(row.key, '.');
    if (pattern.size() <= words.size()) return false;
    pattern.resize(words.size());
    return same_words(pattern, words, name);
  });
}

Result<void> check_value(const KeyRow& row, KeyValue& value) {
  const auto said = [&](const Result<void>& checked) -> Result<void> {
    if (checked) return {};
    return fail(rh::ErrorKind::config, fmt::format("read '{}': {}", row.key, checked.error().what), value.where);
  };
  if (row.type == KeyType::map) {
    for (auto& [name, text] : value.pairs) {
      if (row.choices.empty()) continue;
      auto choice = chosen(row.choices, text);
      if (!choice) return said(Failure{choice.error()});
      text = *choice;
    }
    return {};
  }
  for (std::string& text : value.texts) RH_CHECK(said(check_scalar(row, text)));
  return {};
}

}  // namespace rh::agent
