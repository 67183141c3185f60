// How code of agents is run: section [execution] and [approval] of runharness.toml, or the same in a YAML file, with
// the environment and the call above them. docs/agents/configuration.md lists the keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/command.h"
#include "runner/model/limits.h"

namespace rh::agent {

enum class SecurityMode { safe, permissive };
// subprocess: a fresh interpreter in a fresh sandbox. exec: inside of an interpreter that is kept warm, for code that
// is trusted.
enum class ExecutionMode { subprocess, exec };
// local: the caller's interpreters. container: a sandbox with a root file system or interpreter of its own.
enum class ExecutionMethod { local, container, automatic };
enum class ApprovalMode { disabled, selective, all_code };

// read_only, write_access and what a configuration adds.
struct AccessMode {
  std::string name, kernel_name;
  bool allows_writes = false;
  bool requires_approval = false;
};

// A named set of what code may use (`environment` of a request).
struct EnvironmentProfile {
  std::vector<std::string> allowed_modules;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::chrono::milliseconds> timeout;
};

struct ContainerSettings {
  std::string jupyter_host;  // empty: our own sandbox
  std::uint16_t jupyter_port = 8888;
  std::string root_image;  // folder with a root file system; empty: the host's, read-only
  std::chrono::milliseconds timeout{300'000};
};

struct LocalSettings {
  std::string python_environment;  // folder or interpreter; empty: python3 of PATH
  std::chrono::milliseconds timeout{120'000};
};

// An endpoint that speaks the chat completions protocol.
struct Provider {
  std::string name, url, model, key_variable;
};

struct GenerationSettings {
  std::string provider;  // empty: none is configured
  std::string model;     // empty: the provider's
  std::vector<Provider> providers;
  double temperature = 0.2;
  unsigned max_retries = 2;   // of code that failed, with its error
  unsigned max_attempts = 5;  // of `solve`
  std::chrono::milliseconds timeout{120'000};
  std::filesystem::path templates;  // folder with prompts that replace the built-in ones
};

struct TelemetrySettings {
  std::optional<bool> enabled;  // absent: when the standard variables name an endpoint
  std::string service_name = "runharness";
  std::string endpoint;           // http://localhost:4318
  bool endpoint_trusted = false;  // by the user, so that headers of the environment may go there
  bool wait_at_end = false;       // for collectors that are slow, instead of leaving the rest to another process
};

// A tool that a configuration adds: a command with placeholders of its arguments.
struct CustomTool {
  std::string name, description;
  std::vector<std::string> command;              // "{name}" is replaced by the argument, never by a shell
  std::map<std::string, std::string> arguments;  // name -> help; all texts
};

// Where a value came from: "runharness.toml:4:1", "EXECUTOR_TIMEOUT", "default".
struct ConfigOrigin {
  std::string key, text, origin;
};

struct AgentConfig {
  bool enabled = false;    // code may be run
  bool disabled = false;   // said explicitly: a caller over MCP cannot enable it for a call
  std::string enabled_by;  // "runharness.toml:3", "--enable", "RUNHARNESS_EXECUTION"; for messages
  bool allow_production = false;
  std::vector<std::string> caller_may;  // "enable", "allow_prod": what a caller over MCP may lift for its call
  bool caller_may_said = false;         // else: "enable" over stdio, nothing over HTTP
  std::string production_sign;          // "APP_ENV=production" where the environment says so; empty: it does not
  std::string preset = "agent";

  SecurityMode security = SecurityMode::safe;
  ExecutionMode mode = ExecutionMode::subprocess;
  ExecutionMethod method = ExecutionMethod::automatic;
  std::chrono::milliseconds timeout{300'000};      // of `exec`
  std::chrono::milliseconds tool_timeout{30'000};  // of the agent tools over MCP
  std::chrono::milliseconds cpu_time{30'000};
  std::uint64_t memory_bytes = 512ULL << 20;
  std::uint64_t disk_bytes = 2ULL << 30;  // of the folders that a run writes into
  std::optional<double> cpus;
  std::uint64_t max_output_bytes = 10'000;  // of each stream in a record
  model::NetworkPolicy network = model::NetworkPolicy::none;
  model::NetworkPolicy install_network = model::NetworkPolicy::host;  // of installing packages
  bool package_cache = false;
  unsigned warm_pool = 0;  // interpreters that a server keeps ready

  std::vector<std::string> allowed_modules;                         // empty: all but what the security mode blocks
  std::vector<std::string> forbidden_functions;                     // beside those of the security mode
  std::map<std::string, std::string> security_rules, policy_rules;  // rule id -> "block", "warn" or "off"
  std::vector<std::string> control_system_calls;                    // write access as a class of its own

  std::vector<std::string> pytest_args{"-v", "--tb=short"};
  double coverage_threshold = 80;
  bool enable_profiling = true, collect_metrics = true;
  bool save_executions = true;
  bool notebooks = false;
  std::filesystem::path executions_folder;  // absolute
  bool debug_log = false;

  std::map<std::string, EnvironmentProfile> environments;
  std::vector<AccessMode> access_modes;
  ContainerSettings container;
  LocalSettings local;
  ApprovalMode approval = ApprovalMode::disabled;
  std::map<std::string, ApprovalMode> approval_of_capability;  // of those that are enabled
  GenerationSettings generation;
  TelemetrySettings telemetry;
  std::vector<CustomTool> tools;
  std::vector<ConfigOrigin> origins;  // of every key, for `config --explain`
  std::vector<std::string> ignored;   // what a file said and does not hold, with the reason; for messages
};

struct ConfigSources {
  std::filesystem::path project;  // runharness.toml is looked for here and above; state lies in its .runharness
  std::filesystem::path file;     // --config; TOML, or YAML by its suffix; empty: looked for
  bool no_file = false;
  model::Environment environment;
  bool trust_project = false;  // --trust-project-config: the project's file may loosen, too
};

// Unknown keys and wrong values are errors with file, line and a suggestion. A project's file may switch things off and
// tighten limits; `enabled`, security off, approval off and network come from the user's own configuration
// ($XDG_CONFIG_HOME/runharness/agent.toml), the environment or the call unless --trust-project-config was given.
[[nodiscard]] Result<AgentConfig> load_agent_config(const ConfigSources& sources);

}  // namespace rh::agent
