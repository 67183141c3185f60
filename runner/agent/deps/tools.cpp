// analyze_dependencies with its further step that installs.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/deps/dependencies.h"
#include "runner/agent/exec/pipeline.h"
#include "runner/agent/served_path.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using A = ArgumentType;
using nlohmann::json;

constexpr std::uint64_t kMaxCode = 16ULL << 20;

constexpr std::string_view kSchema = R"({"type":"object","properties":{"success":{"type":"boolean"},
"language":{"type":"string"},"standard":{"type":"array"},"installed":{"type":"array"},"missing":{"type":"array"},
"local":{"type":"array"},"unknown":{"type":"array"},"dependencies":{"type":"array"},"missing_packages":{"type":"array"},
"install_command":{"type":["string","null"]},"installation":{"type":"object"},"problem":{"type":"string"},
"error":{"type":"object"}},"required":["success"]})";
std::string text_of(const json& record) {
  std::string text;
  for (const char* list : {"standard", "installed", "missing", "local", "unknown"}) {
    if (record[list].empty()) continue;
    std::vector<std::string> names;
    for (const json& name : record[list]) names.push_back(name.get<std::string>());
    text += fmt::format("{}: {}\n", list, join(names, ", "));
  }
  if (record["dependencies"].empty()) text = "it imports nothing\n";
  for (const json& one : record["dependencies"])
    if (one.contains("did_you_mean"))
      text += fmt::format("{}: did you mean {}?\n", one["import"].get<std::string>(),
                          one["did_you_mean"].get<std::string>());
  if (record["install_command"].is_string())
    text += "to install: " + record["install_command"].get<std::string>() + "\n";
  if (record.contains("problem")) text += record["problem"].get<std::string>() + "\n";
  return text;
}

// A program that does nothing but import what was missing: that it ends well is the proof.
std::string import_program(const Dependencies& dependencies) {
  std::string code;
  for (const Dependency& one : dependencies.all) {
    if (one.state != DependencyState::missing) continue;
    if (dependencies.language == Language::python) code += "import " + one.import + "\n";
    if (dependencies.language == Language::javascript)
      code += fmt::format("await import({});\n", json(one.import).dump());
    if (dependencies.language == Language::bash)
      code += fmt::format("command -v {}\n", lossless_shell_quote(one.import));
    if (dependencies.language == Language::go) code += fmt::format("import _ {}\n", json(one.import).dump());
    if (dependencies.language == Language::java) code += fmt::format("import {};\n", one.import);
  }
  if (dependencies.language == Language::go) return "package main\n" + code + "func main() {}\n";
  if (dependencies.language == Language::rust) return "fn main() {}\n";
  if (dependencies.language == Language::java)
    return code + "public class Main { public static void main(String[] a) {} }\n";
  if (dependencies.language == Language::bash) return "set -e\n" + code;
  return code;
}

// Into the cache of packages, where executions that ask for the same packages find them.
json install(Service& service, const CallContext& context, const Dependencies& dependencies, bool enable) {
  ExecutionRequest request;
  request.language = dependencies.language;
  request.code = import_program(dependencies);
  request.packages = dependencies.missing_packages();
  request.package_cache = true;
  request.save_execution = false;
  request.notebook = false;
  request.security = SecurityMode::permissive;
  request.enable = enable;
  request.instruction = "install missing packages";
  const ExecutionRecord record = execute(service, context, request);
  json installation = {{"success", record.success()}, {"packages", request.packages}};
  if (!record.success()) {
    installation["error"] = {{"kind", name_of(record.error.kind)}, {"message", record.error.message}};
    installation["output"] = record.standard_error.bytes;
  }
  installation["use"] = {{"packages", request.packages}, {"package_cache", true}};
  return installation;
}

Result<std::string> code_of(const Service& service, const CallContext& context, const json& arguments) {
  if (const auto at = arguments.find("code"); at != arguments.end()) return at->get<std::string>();
  const std::string file = arguments.value("file", std::string());
  if (file.empty()) return fail(rh::ErrorKind::usage, "look at imports: give code or file");
  RH_TRY(const auto path, readable_path(service, context, file));
  return read_file(path, kMaxCode);
}

std::optional<Language> language_of(const json& arguments) {
  if (const auto at = arguments.find("language"); at != arguments.end()) return language_named(at->get<std::string>());
  if (const auto at = arguments.find("file"); at != arguments.end()) return language_of_file(at->get<std::string>());
  return Language::python;
}

ToolAnswer analyze(Service& service, const CallContext& context, const json& arguments) {
  const auto language = language_of(arguments);
  if (!language) return error_answer(ErrorKind::unsupported_language, "say the language: one of " + language_list());
  const auto code = code_of(service, context, arguments);
  if (!code) return error_answer(ErrorKind::invalid_request, code.error().message());
  const Dependencies dependencies = analyse_dependencies(service, *language, *code);
  json record = to_json(dependencies);
  std::string text = text_of(record);
  ToolAnswer answer;
  if (!arguments.value("install", false)) return answer_of(record, text);
  if (dependencies.missing_packages().empty()) {
    record["installation"] = {{"success", true}, {"packages", json::array()}};
    return answer_of(record, text + "nothing to install\n");
  }
  record["installation"] = install(service, context, dependencies, arguments.value("enable", false));
  const bool good = record["installation"]["success"].get<bool>();
  record["success"] = good;
  if (!good) record["error"] = record["installation"]["error"];
  text += good ? "installed\n" : "not installed: " + record["error"]["message"].get<std::string>() + "\n";
  answer = answer_of(record, text);
  if (!good) {
    answer.error =
        error_kind_named(record["error"]["kind"].get<std::string>()).value_or(ErrorKind::package_install_failed);
    answer.exit_code = row_of(answer.error).exit_code;
  }
  return answer;
}

}  // namespace

std::vector<ToolRow> deps_tools() {
  ToolRow analysis;
  analysis.name = "analyze_dependencies";
  analysis.command = "deps";
  analysis.title = "list what code imports: standard, installed, missing";
  analysis.description =
      "Lists the imports of a snippet or file, split into standard library, installed, missing and the project's own, "
      "with the "
      "package of each (sklearn: scikit-learn). With install, missing ones are installed in one further step.";
  analysis.arguments = {
      {"code", A::text, "the code", "CODE"},
      {"file", A::text, "or a file of the project", "--file,-f", "FILE"},
      {"language", A::text, "of the code (default: by the file's suffix, else python)", "", "NAME"},
      {"install", A::boolean, "install what is missing, into the cache of packages"},
      {"enable", A::boolean, "installing runs code of packages: it is meant to be enabled for this call"},
  };
  analysis.output_schema = kSchema;
  analysis.hints = {false, false, true, true};
  analysis.call = analyze;
  return {analysis};
}

}  // namespace rh::agent
