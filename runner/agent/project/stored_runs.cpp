// Tools on results that are there already: gates, gaps in coverage, reports.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "reporters/reporter.h"
#include "runner/agent/project/child.h"
#include "runner/agent/project/coverage_gaps.h"
#include "runner/agent/project/project.h"
#include "runner/agent/project/test_run.h"
#include "runner/agent/served_path.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/run_directory.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMaxReport = 1ULL << 30;
constexpr std::size_t kMaxInline = 200'000;
constexpr std::size_t kDefaultPaths = 20;

template <class T>
T given(const json& arguments, const char* name, T fallback) {
  const auto at = arguments.find(name);
  return at == arguments.end() ? std::move(fallback) : at->get<T>();
}

std::string error_text(const ChildEnd& end) {
  const std::string text(trim(strip_ansi(end.errors)));
  constexpr std::string_view kPrefix = "runharness: ";
  return text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
}

ToolAnswer failed_child(const ChildEnd& end) {
  if (end.cancelled) return error_answer(ErrorKind::cancelled, "cancelled by the caller");
  const int code = end.exit_code.value_or(8);
  ToolAnswer answer =
      error_answer(code == 2 ? ErrorKind::invalid_request : ErrorKind::internal_error,
                   error_text(end).empty() ? fmt::format("ended with exit code {}", code) : error_text(end));
  answer.exit_code = code;
  return answer;
}

Result<ChildEnd> run_self(const Service& service, const CallContext& context, std::vector<std::string> words) {
  words.insert(words.begin(), service.paths().program.string());
  return run_child({std::move(words), service.paths().project, service.host().environment()}, {context.cancel, {}});
}

void add_flag(const json& arguments, const char* name, const char* flag, std::vector<std::string>& words) {
  const auto at = arguments.find(name);
  if (at == arguments.end()) return;
  words.push_back(flag);
  words.push_back(at->is_string() ? at->get<std::string>() : at->dump());
}

// Below the project: a tool over MCP does not write elsewhere.
Result<fs::path> output_file(const Service& service, const std::string& name) { return path_in_served(service, name); }

std::string gaps_text(const std::vector<UntestedFile>& files, const std::vector<UntestedPath>& paths) {
  if (files.empty()) return "every line that can run is reached by a test\n";
  std::uint64_t lines = 0;
  for (const UntestedFile& file : files) lines += file.lines;
  std::string text = fmt::format("{} untested line{} in {} file{}\n", lines, lines == 1 ? "" : "s", files.size(),
                                 files.size() == 1 ? "" : "s");
  for (const UntestedPath& path : paths)
    text += fmt::format("{}:{}{}: {}\n", path.file, path.lines.first,
                        path.lines.last > path.lines.first ? fmt::format("-{}", path.lines.last) : std::string(),
                        path.suggestion);
  return text;
}

}  // namespace

Result<model::RunReport> stored_report(Service& service, const CallContext& context, const std::string& run,
                                       const std::vector<std::string>& files) {
  RH_CHECK(check_run_name(context, run));
  RH_CHECK(check_files(service, context, files));
  if (files.empty()) {
    RH_TRY(const fs::path folder, engine::find_run(service.paths().project, run));
    return engine::load_run(folder);
  }
  RH_TRY(const TempDir scratch, TempDir::make("runharness-gaps-"));
  const fs::path file = scratch.path() / "report.json";
  std::vector<std::string> words{"gate", "--no-config", "-q", "--report", "json=" + file.string(), "--"};
  words.insert(words.end(), files.begin(), files.end());
  RH_TRY(const ChildEnd end, run_self(service, context, std::move(words)));
  if (!is_file(file)) return fail(rh::ErrorKind::parse, "read the coverage: " + error_text(end), files.front());
  RH_TRY(const std::string bytes, read_file(file, kMaxReport));
  return reporters::parse_json_report(bytes);
}

ToolAnswer check_gates(Service& service, const CallContext& context, const json& arguments) {
  const auto scratch = TempDir::make("runharness-gate-");
  if (!scratch) return error_answer(ErrorKind::service_unavailable, scratch.error().message());
  const fs::path text_file = scratch->path() / "agent.txt";
  std::vector<std::string> words{"gate", "--json", "--report", "agent=" + text_file.string()};
  for (const auto& [name, flag] :
       std::initializer_list<std::pair<const char*, const char*>>{{"run", "--run"},
                                                                  {"base", "--base"},
                                                                  {"min_coverage", "--min-coverage"},
                                                                  {"min_branch_coverage", "--min-branch-coverage"},
                                                                  {"min_file_coverage", "--min-file-coverage"},
                                                                  {"min_patch_coverage", "--min-patch-coverage"},
                                                                  {"max_uncovered", "--max-uncovered"},
                                                                  {"max_failures", "--max-failures"},
                                                                  {"min_tests", "--min-tests"},
                                                                  {"max_skipped", "--max-skipped"}})
    add_flag(arguments, name, flag, words);
  const auto files = given(arguments, "files", std::vector<std::string>());
  if (const auto good = check_files(service, context, files); !good)
    return error_answer(ErrorKind::invalid_request, good.error().message());
  if (const auto good = check_run_name(context, given(arguments, "run", std::string())); !good)
    return error_answer(ErrorKind::invalid_request, good.error().message());
  if (!files.empty()) words.push_back("--");
  words.insert(words.end(), files.begin(), files.end());
  const auto end = run_self(service, context, std::move(words));
  if (!end) return error_answer(ErrorKind::service_unavailable, end.error().message());
  json document = json::parse(end->output, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return failed_child(*end);
  document["success"] = document.value("exit_code", 8) == 0;
  const auto text = read_file(text_file);
  ToolAnswer answer = answer_of(document, text ? stable_text(*text) : document.value("reason", std::string()));
  answer.exit_code = document.value("exit_code", 8);
  return answer;
}

ToolAnswer suggest_tests(Service& service, const CallContext& context, const json& arguments) {
  const auto files = given(arguments, "files", std::vector<std::string>());
  const auto report = stored_report(service, context, given(arguments, "run", std::string("latest")), files);
  if (!report) return answer_of_error(report.error());
  if (report->coverage.files.empty()) {
    const std::string why = report->coverage.reason.empty() ? "the run measured none" : report->coverage.reason;
    return error_answer(ErrorKind::not_found, "there is no coverage to look at: " + why);
  }
  const auto untested = untested_files(report->coverage);
  const auto most = std::max<std::int64_t>(1, given<std::int64_t>(arguments, "max", kDefaultPaths));
  const fs::path root =
      report->run.repository_root.empty() ? service.paths().project : fs::path(report->run.repository_root);
  const auto paths = untested_paths(untested, root, static_cast<std::size_t>(most));
  json record = {{"success", true}, {"untested_files", json::array()}, {"paths", json::array()}};
  for (const UntestedFile& file : untested) record["untested_files"].push_back(to_json(file));
  for (const UntestedPath& path : paths) record["paths"].push_back(to_json(path));
  return answer_of(record, gaps_text(untested, paths));
}

ToolAnswer test_report(Service& service, const CallContext& context, const json& arguments) {
  const std::string format = given(arguments, "format", std::string("markdown"));
  const std::string name = given(arguments, "output", std::string());
  std::string target = "-";
  if (!name.empty()) {
    const auto file = output_file(service, name);
    if (!file) return error_answer(ErrorKind::invalid_request, file.error().message());
    target = file->string();
  }
  const std::string run = given(arguments, "run", std::string("latest"));
  if (const auto good = check_run_name(context, run); !good)
    return error_answer(ErrorKind::invalid_request, good.error().message());
  const auto end = run_self(service, context, {"report", "-q", "--run=" + run, "--report", format + "=" + target});
  if (!end) return error_answer(ErrorKind::service_unavailable, end.error().message());
  if (end->cancelled || end->exit_code == 2 || (target != "-" && !is_file(target)) ||
      (target == "-" && end->output.empty()))
    return failed_child(*end);
  json record = {{"success", true}, {"format", format}};
  if (target != "-") {
    record["file"] = target;
    ToolAnswer answer = answer_of(record, fmt::format("the {} report is in {}", format, target));
    answer.attachments.push_back({fs::path(target).filename().string(), target, {}, {}, false});
    return answer;
  }
  const bool cut = end->output.size() > kMaxInline;
  record["content"] = to_valid_utf8(std::string_view(end->output).substr(0, kMaxInline));
  record["truncated"] = cut;
  return answer_of(record, format == "markdown" || format == "agent" || format == "coverage-text"
                               ? record["content"].get<std::string>()
                               : fmt::format("{} bytes of {}", end->output.size(), format));
}

}  // namespace rh::agent
