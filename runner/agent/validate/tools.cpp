#include "runner/agent/validate/tools.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/served_path.h"
#include "runner/agent/service.h"
#include "runner/agent/standard_input.h"
#include "runner/agent/validate/validate.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kOutputSchema = R"({"type": "object",
  "required": ["ok", "language", "syntax_error", "findings"],
  "properties": {
    "ok": {"type": "boolean", "description": "it parses and nothing blocks"},
    "built_in": {"type": "boolean", "description": "false: this build cannot judge; ok is false, too"},
    "language": {"type": "string"},
    "mode": {"enum": ["safe", "permissive"]},
    "syntax_error": {"type": ["object", "null"], "properties": {"line": {"type": "integer"},
      "column": {"type": "integer"}, "message": {"type": "string"}}},
    "findings": {"type": "array", "items": {"type": "object",
      "required": ["rule", "class", "severity", "line", "column", "message"],
      "properties": {"rule": {"type": "string"}, "class": {"type": "string"}, "severity": {"enum": ["block", "warn"]},
        "line": {"type": "integer"}, "column": {"type": "integer"}, "message": {"type": "string"}}}},
    "findings_left_out": {"type": "integer"},
    "hints": {"type": "array", "items": {"type": "object"}},
    "imports": {"type": "array", "items": {"type": "string"}},
    "write_access": {"enum": ["none", "file", "database", "control_system"]},
    "summary": {"type": "string"},
    "counts": {"type": "object"}}})";

struct Source {
  std::string code, shown_path;
  std::optional<Language> language;
};

// A pipe as well as a file.
Result<Source> read_source(const Service& service, const CallContext& context, const json& arguments) {
  Source source;
  const std::string path = arguments.value("file", "");
  if (arguments.contains("code")) {
    if (!path.empty()) return fail(rh::ErrorKind::usage, "read the arguments: give 'code' or a file, not both");
    source.code = arguments.at("code").get<std::string>();
    source.shown_path = "code";
  } else if (path.empty()) {
    return fail(rh::ErrorKind::usage, "read the arguments: 'code' or a file is needed (-: standard input)");
  } else if (path == "-") {
    if (context.over_mcp) return fail(rh::ErrorKind::usage, "read the arguments: there is no standard input over MCP");
    RH_TRY(source.code, read_standard_input(kMaxValidatedBytes, "read the code"));
    source.shown_path = "stdin";
  } else {
    RH_TRY(const fs::path full, readable_path(service, context, path));
    RH_TRY(source.code, read_file(full, kMaxValidatedBytes));
    source.shown_path = path;
    source.language = language_of_file(path);
  }
  const std::string name = arguments.value("language", "");
  if (!name.empty()) source.language = language_named(name);
  if (!name.empty() && !source.language)
    return fail(rh::ErrorKind::unsupported,
                fmt::format("validate: there is no language '{}'; known are {}", name, language_list()));
  if (!source.language)
    return fail(rh::ErrorKind::usage, fmt::format("validate: say which language it is: {}", language_list()));
  return source;
}

Result<SecurityMode> chosen_mode(const AgentConfig& config, const json& arguments) {
  const bool safe = arguments.value("safe", false), permissive = arguments.value("permissive", false);
  if (safe && permissive)
    return fail(rh::ErrorKind::usage, "read the arguments: 'safe' and 'permissive' exclude each other");
  if (safe) return SecurityMode::safe;
  return permissive ? SecurityMode::permissive : config.security;
}

Result<Rules> chosen_rules(const Service& service, const json& arguments) {
  const AgentConfig& config = service.config();
  RH_TRY(const SecurityMode mode, chosen_mode(config, arguments));
  const EnvironmentProfile* environment = nullptr;
  if (const std::string name = arguments.value("environment", ""); !name.empty()) {
    const auto found = config.environments.find(name);
    if (found == config.environments.end())
      return fail(rh::ErrorKind::usage,
                  fmt::format("validate: there is no environment '{}' in the configuration", name));
    environment = &found->second;
  }
  Rules rules = rules_of(config, mode, environment);
  const auto take = [&](const char* name, std::vector<std::string>& into, const std::vector<std::string>& normal) {
    if (!arguments.contains(name)) return;
    into.clear();
    for (const std::string& text : arguments.at(name).get<std::vector<std::string>>())
      for (const std::string_view one : split(text, ','))
        if (one == "default")
          into.insert(into.end(), normal.begin(), normal.end());
        else if (!trim(one).empty())
          into.emplace_back(trim(one));
  };
  take("allowed_modules", rules.allowed_modules, default_allowed_modules());
  take("forbidden_functions", rules.forbidden_functions, default_forbidden_functions());
  return rules;
}

std::string text_of(const Assessment& assessment, const std::string& path) {
  std::string text;
  if (const auto& error = assessment.syntax_error)
    return fmt::format("{}:{}:{}: syntax error: {}\n", path, error->line, error->column, error->message);
  for (const Finding& finding : assessment.findings)
    text += fmt::format("{}:{}:{}: {}: {} [{}]\n", path, finding.line, finding.column, name_of(finding.severity),
                        finding.message, finding.rule);
  if (assessment.findings_left_out > 0) text += fmt::format("and {} more findings\n", assessment.findings_left_out);
  for (const Hint& hint : assessment.hints)
    text += fmt::format("{}:{}:{}: hint: {} [{}]\n", path, hint.line, hint.column, hint.message, hint.rule);
  const std::string access = assessment.write_access == WriteAccess::none
                                 ? std::string()
                                 : fmt::format("; write access: {}", name_of(assessment.write_access));
  return text + fmt::format("{}: {}, {} mode: {} blocking, {} warnings{}\n", assessment.ok ? "ok" : "blocked",
                            name_of(assessment.language), assessment.mode == SecurityMode::safe ? "safe" : "permissive",
                            assessment.blocking(), assessment.findings.size() - assessment.blocking(), access);
}

ToolAnswer validate_code(Service& service, const CallContext& context, const json& arguments) {
  const auto source = read_source(service, context, arguments);
  if (!source) {
    const bool language = source.error().kind == rh::ErrorKind::unsupported;
    return error_answer(language ? ErrorKind::unsupported_language : ErrorKind::invalid_request,
                        source.error().message());
  }
  auto rules = chosen_rules(service, arguments);
  if (!rules) return error_answer(ErrorKind::invalid_request, rules.error().message());
  rules->hints = arguments.value("hints", true);
  const Assessment assessment = assess(*source->language, source->code, *rules);
  if (!assessment.built_in) {
    ToolAnswer answer = answer_of(to_json(assessment), assessment.summary);
    answer.error = ErrorKind::service_unavailable;
    answer.exit_code = 2;
    return answer;
  }
  json structured = to_json(assessment);
  if (const std::string path = arguments.value("sarif", ""); !path.empty() && !context.over_mcp) {
    const auto written = write_file(
        path, to_sarif(assessment, source->shown_path).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    if (!written) return error_answer(ErrorKind::invalid_request, written.error().message());
  }
  if (context.over_mcp && arguments.value("include_sarif", false))
    structured["sarif"] = to_sarif(assessment, source->shown_path);
  ToolAnswer answer = answer_of(structured, text_of(assessment, source->shown_path));
  answer.exit_code = assessment.syntax_error ? 2 : assessment.ok ? 0 : 1;
  return answer;
}

}  // namespace

std::vector<ToolRow> validate_tools() {
  using T = ArgumentType;
  ToolRow row{
      "validate_code",
      "validate",
      "judge code without running it: syntax, dangerous calls, imports",
      "Parses code (python, javascript, bash, go, rust, java) and tells what it would do to the machine: file writes "
      "and deletions, network, other programs, code made at run time, processes, native code, writes to databases and "
      "control systems. Nothing is run. `ok` false means that safe mode would not start it.",
      {{"language", T::text, "language of the code; without it, that of the file's suffix", "--language,-L", "NAME"},
       {"code", T::text, "the code", "--code", "CODE"},
       {"file", T::text, "file with the code (-: standard input)", "FILE"},
       {"safe", T::boolean, "findings block (the default, unless the configuration says otherwise)"},
       {"permissive", T::boolean, "findings are told as warnings; nothing blocks"},
       {"environment", T::text, "allow-list of a named environment of the configuration", {}, "NAME"},
       {"allowed_modules", T::texts, "imports that are allowed, and no others ('default': the default list)",
        "--allow-import,--allowed-modules", "NAME"},
       {"forbidden_functions", T::texts, "calls that block beside the built-in ones",
        "--deny-call,--forbidden-functions", "NAME"},
       {"hints", T::boolean, "tell what would make the code faster, too (default true)"},
       {"sarif", T::text, "write the findings as SARIF 2.1.0", {}, "FILE", {}, false, Offered::command_line},
       {"include_sarif", T::boolean, "add the findings as SARIF 2.1.0 under `sarif`", {}, {}, {}, false, Offered::mcp}},
      kOutputSchema,
      {true, false, true, false},
      validate_code};
  return {std::move(row)};
}

}  // namespace rh::agent
