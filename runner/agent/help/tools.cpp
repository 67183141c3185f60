// handle_error and get_error_suggestions, with their arguments.
#include <nlohmann/json.hpp>

#include "runner/agent/exec/record.h"
#include "runner/agent/help/error_help.h"
#include "runner/agent/help/past_runs.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/service.h"

namespace rh::agent {
namespace {

using A = ArgumentType;
using nlohmann::json;

constexpr std::string_view kSchema = R"({"type":"object","properties":{
"success":{"type":"boolean"},"language":{"type":["string","null"]},"known":{"type":"boolean"},
"rule":{"type":["string","null"]},"error_type":{"type":["string","null"]},"message":{"type":"string"},
"place":{"type":["object","null"]},"cause":{"type":"string"},"suggestions":{"type":"array","items":{"type":"string"}},
"recovery_options":{"type":"array","items":{"type":"string"}},"packages":{"type":"array","items":{"type":"string"}},
"category":{"type":"string"},"other_errors":{"type":"array"},"execution_id":{"type":"string"},
"error":{"type":"object"}},"required":["success"]})";

constexpr std::string_view kPastSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"error":{"type":"object"}},"required":["success"]})";

ToolAnswer handle_error(Service&, const CallContext&, const json& arguments) {
  std::optional<Language> language;
  if (const auto at = arguments.find("language"); at != arguments.end()) {
    language = language_named(at->get<std::string>());
    if (!language)
      return error_answer(ErrorKind::unsupported_language,
                          "'" + at->get<std::string>() + "' is not one of " + language_list());
  }
  const ErrorHelp help =
      explain_error(language, arguments["error"].get<std::string>(), arguments.value("code", std::string()));
  return answer_of(to_json(help), to_text(help));
}

Result<std::string> newest_failed(ExecutionStore& store) {
  RH_TRY(const auto stored, store.list(0, false));
  for (const StoredExecution& one : stored)
    if (!one.success) return one.id;
  return fail(rh::ErrorKind::not_found, "find an execution that failed: none is stored");
}

std::string text_in(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// As much of a stored execution as explaining its error takes.
ExecutionRecord part_of_record(const json& document) {
  ExecutionRecord record;
  record.id = text_in(document, "execution_id");
  record.request.language = language_named(text_in(document, "language")).value_or(Language::python);
  record.request.code = text_in(document, "code");
  record.standard_output.bytes = text_in(document, "stdout");
  record.standard_error.bytes = text_in(document, "stderr");
  record.status = document.value("success", false) ? ExecutionStatus::completed : ExecutionStatus::failed;
  if (const auto error = document.find("error"); error != document.end() && error->is_object()) {
    record.error.kind = error_kind_named(text_in(*error, "kind")).value_or(ErrorKind::none);
    record.error.message = text_in(*error, "message");
    for (const json& concern : error->value("concerns", json::array()))
      if (concern.is_string()) record.error.concerns.push_back(concern.get<std::string>());
  }
  return record;
}

Result<ExecutionRecord> stored_record(ExecutionStore& store, std::string id) {
  if (id.empty()) {
    RH_TRY(id, newest_failed(store));
  }
  RH_TRY(const std::string text, store.get(id));
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(rh::ErrorKind::parse, "read the execution: this is no JSON", id);
  return part_of_record(document);
}

ToolAnswer error_suggestions(Service& service, const CallContext&, const json& arguments) {
  const auto record = stored_record(service.executions(), arguments.value("execution_id", std::string()));
  if (!record) return error_answer(ErrorKind::not_found, record.error().message());
  if (record->success())
    return error_answer(ErrorKind::invalid_request, "the execution " + record->id + " succeeded: there is no error");
  const ErrorHelp help = explain_record(*record);
  json answer = to_json(help);
  answer["execution_id"] = record->id;
  answer["error_kind"] = name_of(record->error.kind);
  return answer_of(answer, to_text(help));
}

}  // namespace

std::vector<ToolRow> help_tools() {
  ToolRow explain;
  explain.name = "handle_error";
  explain.command = "explain";
  explain.title = "say what an error means and what to do about it";
  explain.description =
      "Takes a traceback or compiler output of python, javascript, bash, go, rust or java: cause, place, fix "
      "suggestions, "
      "recovery options and packages to install, by rules.";
  explain.arguments = {
      {"error", A::text, "the text of the error", "ERROR", "", "", true},
      {"language", A::text, "of the code; guessed when it is not given", "", "NAME"},
      {"code", A::text, "the code: names that were meant are looked for in it", "", "TEXT"},
  };
  explain.output_schema = kSchema;
  explain.hints = {true, false, true, false};
  explain.call = handle_error;
  explain.aliases = {"explain_error"};
  ToolRow suggestions = explain;
  suggestions.name = "get_error_suggestions";
  suggestions.command = "explain-run";
  suggestions.title = "the same for a stored execution that failed";
  suggestions.description =
      "Cause, fix suggestions and recovery options of a stored execution, by its id; the latest failed one by default.";
  suggestions.arguments = {
      {"execution_id", A::text, "id or unique beginning of one (default: the latest that failed)", "ID"}};
  suggestions.call = error_suggestions;
  suggestions.aliases = {};
  ToolRow metrics;
  metrics.name = "get_last_execution_metrics";
  metrics.command = "last-metrics";
  metrics.title = "time, memory and CPU of the last execution";
  metrics.description =
      "Execution time in seconds, memory in MB and CPU in per cent of the last stored execution, or of a named one.";
  metrics.arguments = {{"execution_id", A::text, "id or unique beginning of one (default: the latest)", "ID"}};
  metrics.output_schema = kPastSchema;
  metrics.hints = {true, false, true, false};
  metrics.call = last_metrics;
  return {explain, suggestions, metrics};
}

}  // namespace rh::agent
