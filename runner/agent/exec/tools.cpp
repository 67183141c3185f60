#include "runner/agent/exec/tools.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/plan.h"
#include "runner/agent/exec/pipeline.h"
#include "runner/agent/service.h"
#include "runner/agent/session/holder.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"

RH_EMBEDDED(rh_schema_execution_record)

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using T = ArgumentType;

constexpr std::string_view kLanguageHelp =
    "python, javascript (node), bash, go, rust or java; of a script by its suffix where it is absent";

std::vector<ArgumentRow> program_arguments() {
  return {
      {"arguments", T::texts, "arguments of the program", "ARGUMENT", "ARGUMENT"},
      {"stdin", T::text, "standard input of the program", "--stdin", "TEXT"},
      {"files", T::map, "files written into the working folder before the run: name to content", "--file", "NAME=TEXT"},
      {"packages", T::texts,
       "packages installed before the run: numpy==1.26.4 (pip), lodash@4 (npm), jq (apt), module@version (go), crate@1 "
       "(cargo), group:artifact:version (maven)",
       "--package,--packages", "NAME"},
      {"requirements", T::text, "requirements.txt, package.json, go.mod, Cargo.toml or pom.xml to install from",
       "--requirements", "FILE"},
      {"env_vars", T::map, "variables of the program; no others of the caller's are passed on", "--env", "NAME=VALUE"},
      {"context", T::object, "data for the code: its variable context, and the file that RUNHARNESS_CONTEXT names",
       "--context", "JSON"},
      {"working_dir", T::text, "name of the working folder inside; /workspace where it is absent", "--working-dir",
       "FOLDER"},
      {"artifacts", T::texts, "patterns of files to take back; every new file where it is absent", "--artifact",
       "PATTERN"},
      {"execution_folder_name", T::text, "name of the folder that keeps the artifacts", "--folder-name", "NAME"},
      {"expected_type", T::text, "what the result, else the whole output, must be", "--expect", "TYPE",
       "number|integer|json|object|array|string|boolean"},
  };
}

std::vector<ArgumentRow> limit_arguments() {
  return {
      {"timeout", T::number, "seconds that the run may take", "--timeout", "SECONDS"},
      {"max_execution_time", T::number, "another name of timeout", "--max-execution-time", "SECONDS"},
      {"cpu_time", T::number, "seconds of CPU time that the run may use", "--cpu-time", "SECONDS"},
      {"memory_limit", T::text, "memory of the run: 256m, 512MB, 2G", "--memory,--memory-limit", "SIZE"},
      {"cpus", T::number, "share of the machine in cores: 1.5", "--cpus", "CORES"},
      {"max_output", T::text, "so much of each stream is kept in the record", "--max-output", "SIZE"},
      {"network", T::text, "network of the code", "--network", "POLICY", "none|host"},
  };
}

std::vector<ArgumentRow> policy_arguments() {
  return {
      {"enable", T::boolean, "run code although the configuration does not enable it", "--enable"},
      {"allow_prod", T::boolean, "run code although this is a production environment", "--allow-prod"},
      {"security", T::text, "what validation blocks", "--security", "MODE", "safe|permissive"},
      {"safe_mode", T::boolean, "false: the same as security=permissive", "--safe-mode"},
      {"execution_mode", T::text, "subprocess: a fresh interpreter; exec: a warm one, for code that is trusted",
       "--mode,--execution-mode", "MODE", "subprocess|exec"},
      {"execution_method", T::text, "local: the caller's interpreters; container: a root or interpreter of its own",
       "--method,--execution-method", "METHOD", "local|container|automatic"},
      {"requires_isolation", T::boolean, "choose the isolated method", "--requires-isolation"},
      {"runtime", T::text, "interpreter or compiler: a version, a path, or a folder with a root file system",
       "--runtime", "RUNTIME"},
      {"environment", T::text, "name of an environment of the configuration", "--environment", "NAME"},
      {"access_mode", T::text, "name of an access mode: read_only, write_access", "--access-mode", "NAME"},
      {"capability", T::text, "name of a capability with an approval mode of its own", "--capability", "NAME"},
      {"package_cache", T::boolean, "keep what was installed for the next run that wants the same", "--package-cache"},
      {"collect_metrics", T::boolean, "false: time only", "--collect-metrics"},
  };
}

std::vector<ArgumentRow> record_arguments() {
  return {
      {"save_execution", T::boolean, "false: not kept in the history", "--save-execution"},
      {"notebook", T::boolean, "write a notebook of the run", "--notebook"},
      {"session_id", T::text, "variables are kept between the calls of one session", "--session", "ID"},
      {"thread_id", T::text, "another name of session_id", "--thread-id", "ID"},
      {"echo", T::boolean, "in a session: print the value of a last expression, as a prompt does", "--echo"},
      {"instruction", T::text, "what the code is for; kept with the record", "--instruction", "TEXT"},
      {"user_query", T::text, "kept with the record", "--user-query", "TEXT"},
      {"task_objective", T::text, "kept with the record", "--task-objective", "TEXT"},
      {"expected_results", T::text, "kept with the record", "--expected-results", "TEXT"},
      {"user", T::text, "who asks; kept with the record", "--user", "NAME"},
      {"provider", T::text, "which service wrote the code; kept with the record", "--provider", "NAME"},
      {"model", T::text, "which model wrote the code; kept with the record", "--model", "NAME"},
  };
}

std::vector<ArgumentRow> joined(std::initializer_list<std::vector<ArgumentRow>> parts) {
  std::vector<ArgumentRow> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Over MCP only what lies in the folder that is served, whatever links say.
std::optional<std::string> outside_of_served(const Service& service, const CallContext& context,
                                             const json& arguments) {
  if (!context.over_mcp) return std::nullopt;
  std::error_code ignored;
  const fs::path served = fs::canonical(service.paths().project, ignored);
  for (const char* name : {"path", "requirements"}) {
    const auto at = arguments.find(name);
    if (at == arguments.end() || !at->is_string()) continue;
    const fs::path path = fs::weakly_canonical(service.paths().project / at->get<std::string>(), ignored);
    if (!is_below(path, served))
      return fmt::format("'{}' must lie in the folder that is served, {}", name, served.string());
  }
  return std::nullopt;
}

// What whoever started the server keeps to himself: an agent that asks must not widen the way out of the sandbox.
std::optional<ToolAnswer> beyond_server(const Service& service, const CallContext& context,
                                        const ExecutionRequest& request) {
  if (!context.over_mcp) return std::nullopt;
  const AgentConfig& config = service.config();
  if (request.enable && config.disabled)
    return error_answer(ErrorKind::not_enabled,
                        "running code is switched off where this server was configured "
                        "(execution.enabled = false); a call cannot switch it on");
  if (request.network == model::NetworkPolicy::host && config.network != model::NetworkPolicy::host)
    return error_answer(
        ErrorKind::security_violation,
        "the network is allowed by whoever starts the server (execution.network = \"host\"), not by a call");
  return std::nullopt;
}

// For another process: what was read from a file or from standard input is in the arguments.
json with_code(json arguments, const ExecutionRequest& request) {
  for (const char* name : {"path", "script"}) arguments.erase(name);
  arguments["code"] = request.code;
  arguments["language"] = name_of(request.language);
  return arguments;
}

ToolAnswer run(Service& service, const CallContext& context, const json& arguments) {
  CalledRequest called = request_of_call(service, context, arguments);
  if (!called.request) return called.problem;
  if (arguments.value("plan", false)) return plan_execution(service, context, *called.request);
  if (!called.request->session.empty() && !holds_sessions(context))
    return ask_holder(service, context, "execute_code", with_code(arguments, *called.request), true);
  CallContext approved = context;
  if (const std::string id = arguments.value("approval_id", std::string()); !id.empty()) approved.approval_id = id;
  return answer_of(execute(service, approved, *std::move(called.request)), context);
}

template <Language language>
ToolAnswer run_language(Service& service, const CallContext& context, const json& arguments) {
  json all = arguments;
  all["language"] = name_of(language);
  return run(service, context, all);
}

// The helpers that callers know by their language take code, packages and what else a run of any language takes.
std::vector<ArgumentRow> language_arguments(std::string_view code_name) {
  std::vector<ArgumentRow> rows{{code_name, T::text, "the code", {}, {}, {}, true}};
  for (const ArgumentRow& row : execution_arguments())
    if (row.name != "language" && row.name != "code" && row.name != "path" && row.name != "script") rows.push_back(row);
  rows.push_back({"approval_id", T::text, "approval that a person has given for exactly this call"});
  if (code_name == "script") rows.push_back({"code", T::text, "another name of script"});
  if (code_name == "script") rows.front().required = false;
  return rows;
}

ToolRow language_tool(std::string_view name, std::string_view title, std::string_view description,
                      std::string_view code_name, decltype(ToolRow::call) call, std::vector<std::string_view> aliases) {
  return {name,
          {},
          title,
          description,
          language_arguments(code_name),
          record_schema(),
          {false, true, false, true},
          call,
          std::move(aliases)};
}

}  // namespace

CalledRequest request_of_call(const Service& service, const CallContext& context, const json& arguments) {
  if (const auto problem = outside_of_served(service, context, arguments))
    return {std::nullopt, error_answer(ErrorKind::invalid_request, *problem)};
  auto request = request_from_json(arguments, service.paths().project);
  if (request) {
    if (const auto answer = beyond_server(service, context, *request)) return {std::nullopt, *answer};
    return {*std::move(request), {}};
  }
  const Error& error = request.error();
  const ErrorKind kind = error.kind == rh::ErrorKind::unsupported ? ErrorKind::unsupported_language
                         : error.kind == rh::ErrorKind::usage     ? ErrorKind::invalid_request
                                                                  : ErrorKind::not_found;
  return {std::nullopt, error_answer(kind, kind == ErrorKind::not_found ? error.message() : error.what)};
}

std::string_view record_schema() { return RH_EMBEDDED_TEXT(rh_schema_execution_record); }

std::vector<ArgumentRow> execution_arguments() {
  return joined(
      {{{"path", T::text, "script or notebook to run; - on the command line reads the code from standard input", "FILE",
         "FILE"},
        {"language", T::text, kLanguageHelp, "--language", "NAME"},
        {"code", T::text, "the code to run", "--code", "CODE"},
        {"script", T::text, "another name of code, for bash", "--script", "CODE"}},
       program_arguments(),
       limit_arguments(),
       policy_arguments(),
       record_arguments()});
}

std::vector<ToolRow> exec_tools() {
  ToolRow execute_code{"execute_code",
                       "exec",
                       "Run code",
                       "run code in a sandbox: python, javascript, bash, go, rust or java, from text or from a file",
                       execution_arguments(),
                       record_schema(),
                       {false, true, false, true},
                       run,
                       {"execution_execute_code", "run_code"}};
  execute_code.streams = true;
  execute_code.arguments.push_back(
      {"plan", T::boolean, "say what would happen, and run nothing", "--plan", {}, {}, false, Offered::command_line});
  execute_code.arguments.push_back(
      {"approval_id", T::text, "approval that a person has given for exactly this call", "--approval", "ID"});
  return {execute_code,
          language_tool("execute_python", "Run Python", "run Python code in a sandbox", "code",
                        run_language<Language::python>, {"execution_run_python", "run_python"}),
          language_tool("execute_javascript", "Run JavaScript", "run JavaScript code with node in a sandbox", "code",
                        run_language<Language::javascript>, {"execution_run_javascript", "run_javascript"}),
          language_tool("execute_bash", "Run bash", "run a bash script in a sandbox", "script",
                        run_language<Language::bash>, {"execution_run_bash", "run_bash"})};
}

}  // namespace rh::agent
