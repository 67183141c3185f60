#include "runner/agent/history/tools.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/history/execution_store.h"
#include "runner/agent/history/failure_patterns.h"
#include "runner/agent/history/package_use.h"
#include "runner/agent/service.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using T = ArgumentType;

constexpr std::int64_t kListed = 10, kLearnedFrom = 1000;

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json to_json(const StoredExecution& one) {
  json out = {{"execution_id", one.id},
              {"short_id", one.short_id},
              {"timestamp", one.timestamp},
              {"language", one.language},
              {"status", one.status},
              {"success", one.success},
              {"execution_time", one.seconds ? json(*one.seconds) : json()},
              {"instruction", text_or_null(one.instruction)},
              {"code_line", text_or_null(one.code_line)},
              {"file", one.file},
              {"bytes", one.bytes}};
  out["error"] = one.error_kind.empty() ? json() : json{{"kind", one.error_kind}, {"line", one.error_line}};
  return out;
}

std::string line_of(const StoredExecution& one) {
  return fmt::format(
      "{}  {:<9} {:<10} {:>9}  {}\n", one.id, one.status, one.language,
      one.seconds ? format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(*one.seconds * 1e9))) : "-",
      one.success || one.error_kind.empty() ? one.instruction.empty() ? one.code_line : one.instruction
                                            : fmt::format("{}: {}", one.error_kind, one.error_line));
}

Result<std::size_t> count_of(const json& arguments, const char* name, std::int64_t fallback) {
  const std::int64_t value = arguments.value(name, fallback);
  if (value < 0) return fail(rh::ErrorKind::usage, fmt::format("read the arguments: '{}' is 0 or more", name));
  return static_cast<std::size_t>(value);
}

ToolAnswer list(Service& service, const CallContext&, const json& arguments) {
  const auto limit = count_of(arguments, "limit", kListed);
  if (!limit) return answer_of_error(limit.error());
  std::size_t unreadable = 0;
  const auto found = service.executions().list(*limit, arguments.value("success_only", false), &unreadable);
  if (!found) return answer_of_error(found.error());
  const auto all = service.executions().count();
  if (!all) return answer_of_error(all.error());
  json structured = {{"success", true},
                     {"folder", service.executions().folder().string()},
                     {"total", *all},
                     {"unreadable", unreadable},
                     {"executions", json::array()}};
  std::string text;
  for (const StoredExecution& one : *found) {
    structured["executions"].push_back(to_json(one));
    text += line_of(one);
  }
  if (text.empty())
    text = *all == 0 ? fmt::format("no execution is stored in {} yet\n", service.executions().folder().string())
                     : "no stored execution succeeded\n";
  if (unreadable > 0) text += fmt::format("{} files there are no records of executions\n", unreadable);
  return answer_of(structured, text);
}

ToolAnswer get(Service& service, const CallContext&, const json& arguments) {
  const auto stored = service.executions().get(arguments.at("execution_id").get<std::string>());
  if (!stored) return answer_of_error(stored.error());
  const json record = json::parse(*stored, nullptr, false);
  if (!record.is_object()) return error_answer(ErrorKind::internal_error, "the stored record is no JSON any more");
  // The answer is about a record; whether that execution succeeded stands in it.
  return answer_of({{"success", true}, {"record", record}}, *stored);
}

ToolAnswer clear(Service& service, const CallContext&, const json& arguments) {
  const auto keep = count_of(arguments, "keep_recent", 0);
  if (!keep) return answer_of_error(keep.error());
  const auto cleared = service.executions().clear(*keep);
  if (!cleared) return answer_of_error(cleared.error());
  return answer_of(
      {{"success", true}, {"removed", cleared->removed}, {"kept", cleared->kept}, {"bytes", cleared->bytes}},
      fmt::format("removed {} stored execution{} ({}), kept {}", cleared->removed, cleared->removed == 1 ? "" : "s",
                  format_size(cleared->bytes), cleared->kept));
}

ToolAnswer failures(Service& service, const CallContext&, const json& arguments) {
  const auto limit = count_of(arguments, "limit", kLearnedFrom);
  if (!limit) return answer_of_error(limit.error());
  const auto found = service.executions().list(*limit, false);
  if (!found) return answer_of_error(found.error());
  const FailureReport report = failure_patterns(*found);
  json patterns = json::array();
  std::string text = fmt::format("{} of {} stored executions failed\n", report.failures, report.executions);
  for (const FailurePattern& one : report.patterns) {
    patterns.push_back({{"error_kind", text_or_null(one.error_kind)},
                        {"pattern", one.pattern},
                        {"count", one.count},
                        {"first_seen", one.first_seen},
                        {"last_seen", one.last_seen},
                        {"languages", one.languages},
                        {"executions", one.executions},
                        {"solved_by", one.solved_by}});
    text +=
        fmt::format("{:>5} x {}: {}{}\n", one.count, one.error_kind.empty() ? "unknown" : one.error_kind, one.pattern,
                    one.solved_by.empty() ? "" : fmt::format(" (solved later: {})", join(one.solved_by, ", ")));
  }
  return answer_of(
      {{"success", true}, {"executions", report.executions}, {"failures", report.failures}, {"patterns", patterns}},
      text);
}

ToolAnswer packages(Service& service, const CallContext&, const json& arguments) {
  const auto limit = count_of(arguments, "limit", kLearnedFrom);
  if (!limit) return answer_of_error(limit.error());
  const auto use = package_use(service, *limit);
  if (!use) return answer_of_error(use.error());
  json list = json::array();
  std::string text;
  for (const PackageUse& one : *use) {
    list.push_back({{"name", one.name},
                    {"language", one.language},
                    {"executions", one.executions},
                    {"failed", one.failed},
                    {"requested", one.requested},
                    {"last_used", one.last_used}});
    text += fmt::format("{:>5} x {} ({}){}\n", one.executions, one.name, one.language,
                        one.failed > 0 ? fmt::format(", {} failed", one.failed) : "");
  }
  if (text.empty()) text = "no stored execution imports or installs anything\n";
  return answer_of({{"success", true}, {"dependencies", list}}, text);
}

constexpr std::string_view kListSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"folder":{"type":"string"},"total":{"type":"integer"},
"unreadable":{"type":"integer"},"executions":{"type":"array","items":{"type":"object","properties":{
"execution_id":{"type":"string"},"short_id":{"type":"string"},"timestamp":{"type":"string"},"language":{"type":"string"},
"status":{"type":"string"},"success":{"type":"boolean"},"execution_time":{"type":["number","null"]},
"instruction":{"type":["string","null"]},"file":{"type":"string"},"bytes":{"type":"integer"}},
"required":["execution_id","success","status"]}}},"required":["success","executions","total"]})";
constexpr std::string_view kGetSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"record":{"type":"object"}},"required":["success","record"]})";
constexpr std::string_view kClearSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"removed":{"type":"integer"},"kept":{"type":"integer"},
"bytes":{"type":"integer"}},"required":["success","removed","kept"]})";
constexpr std::string_view kFailureSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"executions":{"type":"integer"},"failures":{"type":"integer"},
"patterns":{"type":"array","items":{"type":"object","properties":{"error_kind":{"type":["string","null"]},
"pattern":{"type":"string"},"count":{"type":"integer"},"executions":{"type":"array","items":{"type":"string"}},
"solved_by":{"type":"array","items":{"type":"string"}}},"required":["pattern","count"]}}},
"required":["success","failures","patterns"]})";
constexpr std::string_view kPackageSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"dependencies":{"type":"array","items":{"type":"object",
"properties":{"name":{"type":"string"},"language":{"type":"string"},"executions":{"type":"integer"},
"failed":{"type":"integer"},"requested":{"type":"integer"},"last_used":{"type":"string"}},
"required":["name","executions"]}}},"required":["success","dependencies"]})";

}  // namespace

std::vector<ToolRow> history_tools() {
  const ToolHints reads{true, false, true, false};
  const ArgumentRow limit{"limit", T::integer, "at most so many, the newest (10); 0: all", "--limit", "N"};
  const ArgumentRow window{"limit", T::integer, "look at the newest so many (1000); 0: all", "--limit", "N"};
  return {
      {"execution_history_list",
       "history executions",
       "list stored executions",
       "Stored executions, the newest first: id, time, language, status, error and first line.",
       {limit, {"success_only", T::boolean, "those that succeeded", "--success-only"}},
       kListSchema,
       reads,
       list},
      {"execution_history_get",
       "history get",
       "print the record of a stored execution",
       "The whole record of one stored execution.",
       {{"execution_id",
         T::text,
         "id (20261121_195012_123456 or hex digits), a begin of it that only one has, or latest",
         "ID",
         "ID",
         {},
         true}},
       kGetSchema,
       reads,
       get},
      {"execution_history_clear",
       "history clear",
       "remove stored executions",
       "Removes stored executions: all of them, or all but the newest.",
       {{"keep_recent", T::integer, "keep the newest so many (0)", "--keep-recent", "N"}},
       kClearSchema,
       {false, true, true, false},
       clear},
      {"execution_history_failures",
       "history failures",
       "which errors of stored executions come again",
       "Errors of past executions by pattern: how often, when, and which later execution of the same instruction "
       "succeeded.",
       {window},
       kFailureSchema,
       reads,
       failures},
      {"execution_history_dependencies",
       "history dependencies",
       "which packages stored executions used",
       "Modules that past executions imported and packages that they asked for, with counts.",
       {window},
       kPackageSchema,
       reads,
       packages},
  };
}

}  // namespace rh::agent
