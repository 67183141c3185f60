// Where the time of a snippet or a script goes: `runharness profile` in the sandbox, and the ten functions that an
// agent should look at, with what could be done about them.
#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/runtimes.h"
#include "runner/agent/language.h"
#include "runner/agent/project/child.h"
#include "runner/agent/project/project.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/served_path.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMaxProfile = 1ULL << 30;
constexpr std::size_t kTopFunctions = 10;
constexpr std::size_t kMaxOutput = 10'000;
constexpr double kBottleneckShare = 0.15;

template <class T>
T given(const json& arguments, const char* name, T fallback) {
  const auto at = arguments.find(name);
  return at == arguments.end() ? std::move(fallback) : at->get<T>();
}

std::optional<ToolAnswer> refusal(const Service& service, const CallContext& context, const json& arguments) {
  if (!service.config().enable_profiling)
    return error_answer(ErrorKind::not_enabled,
                        "profiling is switched off (execution.enable_profiling, ENABLE_PROFILING)");
  ExecutionRequest request;
  request.enable = given(arguments, "enable", false);
  request.allow_production = given(arguments, "allow_prod", false);
  const Permission permission = permission_to_run(service, context, request);
  if (permission.error == ErrorKind::none) return std::nullopt;
  return error_answer(permission.error, permission.message);
}

double share_of(const json& figure) {
  const auto at = figure.find("share");
  return at == figure.end() || !at->is_number() ? 0 : at->get<double>();
}

double percent(double share) { return static_cast<double>(static_cast<std::int64_t>(share * 10'000 + 0.5)) / 100; }

// "(no Python frame)", "(garbage collector)": time that has no function.
bool is_place(const json& function) { return !function.value("name", "(").starts_with('('); }

json function_json(const json& function) {
  const json& self = function["cpu"]["self"];
  const json& total = function["cpu"]["total"];
  return {{"name", function["name"]},
          {"file", function["file"]},
          {"line", function["line"]},
          {"time", self.value("ns", 0.0) / 1e9},
          {"percent", percent(share_of(self))},
          {"total_time", total.value("ns", 0.0) / 1e9},
          {"total_percent", percent(share_of(total))}};
}

// What is likely to help, by what a function is.
std::string advice_of(const json& function) {
  const std::string name = function.value("name", ""), file = function.value("file", ""),
                    kind = function.value("kind", "");
  if (kind == "native" || name.ends_with("[native]"))
    return "it is machine code: call it less often, or with larger pieces of data";
  if (file.find("/re/") != std::string::npos || file.ends_with("re.py"))
    return "compile the regular expression once and keep it, or use methods of str";
  if (file.find("/json/") != std::string::npos)
    return "parse or write the JSON once and keep the result, or use a faster library";
  if (file.find("site-packages") != std::string::npos || file.find("node_modules") != std::string::npos)
    return "it belongs to a library: call it less often, keep its results, or hand it more at once";
  const double self = share_of(function["cpu"]["self"]), total = share_of(function["cpu"]["total"]);
  if (total > 1.5 * self && total > 0.5)
    return "most of the time is below it: look for calls in its loops that can be made once, or kept (functools.cache)";
  return "its own lines take the time: move work out of loops, use a better suited data structure or a built-in that "
         "works on "
         "whole sequences";
}

json bottlenecks_of(const json& profile) {
  json bottlenecks = json::array();
  for (const json& hint : profile.value("hints", json::array()))
    bottlenecks.push_back({{"function", hint.value("function", json())},
                           {"file", hint.value("file", json())},
                           {"line", hint.value("line", json())},
                           {"percent", percent(share_of(hint.value("time", json::object())))},
                           {"kind", hint.value("code", "")},
                           {"suggestion", hint.value("message", "")}});
  for (const json& function : profile["functions"]) {
    const double self = share_of(function["cpu"]["self"]);
    if (self < kBottleneckShare || bottlenecks.size() >= kTopFunctions) break;
    if (!is_place(function)) continue;
    bottlenecks.push_back({{"function", function["name"]},
                           {"file", function["file"]},
                           {"line", function["line"]},
                           {"percent", percent(self)},
                           {"kind", "hot-function"},
                           {"suggestion", advice_of(function)}});
  }
  return bottlenecks;
}

std::string text_of(const json& record) {
  std::string text = fmt::format("{:.2f} s, CPU {:.2f} s, exit code {}\n", record["duration_seconds"].get<double>(),
                                 record["cpu_seconds"].is_null() ? 0 : record["cpu_seconds"].get<double>(),
                                 record["exit_code"].dump());
  for (const json& function : record["functions"])
    text +=
        fmt::format("{:5.1f} % {} ({}:{})\n", function["percent"].get<double>(), function["name"].get<std::string>(),
                    function["file"].get<std::string>(), function["line"].dump());
  for (const json& bottleneck : record["bottlenecks"])
    text += fmt::format("- {}: {}\n",
                        bottleneck["function"].is_string() ? bottleneck["function"].get<std::string>() : "program",
                        bottleneck["suggestion"].get<std::string>());
  return text;
}

json record_of(const json& profile, const ChildEnd& end) {
  json record = {{"success", end.exit_code == 0}, {"exit_code", profile["exit"]["exit_code"]}};
  record["signal"] = profile["exit"]["signal"];
  record["duration_seconds"] = profile["duration_ns"].get<double>() / 1e9;
  const json& cpu = profile["cpu"]["value"];
  record["cpu_seconds"] = cpu.is_number() ? json(cpu.get<double>() / 1e9) : json();
  record["peak_memory_bytes"] = profile["memory"].value("peak_bytes", json());
  record["functions"] = json::array();
  for (const json& function : profile["functions"]) {
    if (record["functions"].size() >= kTopFunctions) break;
    if (is_place(function)) record["functions"].push_back(function_json(function));
  }
  record["functions_left_out"] = profile["functions"].size() - record["functions"].size();
  record["bottlenecks"] = bottlenecks_of(profile);
  record["warnings"] = json::array();
  for (const char* list : {"warnings", "diagnostics"})
    for (const json& one : profile.value(list, json::array()))
      if (one.value("severity", "") != "info") record["warnings"].push_back(one.value("message", ""));
  record["stdout"] = to_valid_utf8(std::string_view(end.output).substr(0, kMaxOutput));
  record["stdout_truncated"] = end.output.size() > kMaxOutput;
  record["stderr"] = to_valid_utf8(std::string_view(end.errors).substr(0, kMaxOutput));
  return record;
}

ToolAnswer profile_command(Service& service, const CallContext& context, const json& arguments,
                           std::vector<std::string> command, const fs::path& cwd) {
  const auto scratch = TempDir::make("runharness-profile-of-");
  if (!scratch) return error_answer(ErrorKind::service_unavailable, scratch.error().message());
  const fs::path file = scratch->path() / "profile.json";
  std::vector<std::string> words{
      service.paths().program.string(), "profile", "--preset", service.config().preset, "-q", "--json", file.string()};
  if (given(arguments, "memory", false)) words.push_back("--memory");
  if (command.front() != "--" && language_of_file(command.front()) == Language::python) {
    // The interpreter itself: a shim would be most of a short profile.
    if (const auto python = find_runtime(service, {}, ExecutionMethod::local))
      words.insert(words.end(), {"--python", python->runtime.path.string()});
  }
  words.insert(words.end(), command.begin(), command.end());
  ChildSpec spec{std::move(words), cwd, service.host().environment()};
  spec.timeout = std::chrono::seconds(given<std::int64_t>(
      arguments, "timeout", std::chrono::ceil<std::chrono::seconds>(service.config().timeout).count()));
  const auto end = run_child(spec, {context.cancel, {}});
  if (!end) return error_answer(ErrorKind::service_unavailable, end.error().message());
  if (end->cancelled) return error_answer(ErrorKind::cancelled, "profiling was cancelled");
  if (end->timed_out)
    return error_answer(ErrorKind::timeout, fmt::format("no end within {} s", spec.timeout->count() / 1000));
  const auto bytes = read_file(file, kMaxProfile);
  const json profile = bytes ? json::parse(*bytes, nullptr, false) : json();
  if (!profile.is_object())
    return error_answer(ErrorKind::code_error,
                        "there is no profile: " + std::string(trim(end->errors)).substr(0, 2000));
  const json record = record_of(profile, *end);
  ToolAnswer answer = answer_of(record, text_of(record));
  if (end->exit_code != 0) {
    answer.error = ErrorKind::code_error;
    answer.exit_code = 1;
  }
  return answer;
}

}  // namespace

ToolAnswer profile_code(Service& service, const CallContext& context, const json& arguments) {
  if (auto refused = refusal(service, context, arguments)) return *refused;
  const std::string name = given(arguments, "language", std::string("python"));
  const auto language = language_named(name);
  if (!language)
    return error_answer(ErrorKind::unsupported_language, fmt::format("'{}' is not one of {}", name, language_list()));
  if (*language != Language::python && *language != Language::javascript && *language != Language::bash)
    return error_answer(ErrorKind::unsupported_language,
                        fmt::format("{} is compiled: build it, and profile the program with profile_script", name));
  const auto folder = TempDir::make("runharness-profiled-");
  if (!folder) return error_answer(ErrorKind::service_unavailable, folder.error().message());
  const std::string source(row_of(*language).source_name);
  if (const auto written = write_file(folder->path() / source, arguments["code"].get<std::string>()); !written)
    return error_answer(ErrorKind::service_unavailable, written.error().message());
  return profile_command(service, context, arguments, {source}, folder->path());
}

ToolAnswer profile_script(Service& service, const CallContext& context, const json& arguments) {
  if (auto refused = refusal(service, context, arguments)) return *refused;
  const std::string script = arguments["script"].get<std::string>();
  const auto file = path_in_served(service, script);
  if (!file) return error_answer(ErrorKind::invalid_request, file.error().message());
  if (!is_file(*file)) return error_answer(ErrorKind::not_found, "there is no script " + script);
  std::vector<std::string> words{file->string()};
  const auto more = given(arguments, "arguments", std::vector<std::string>());
  if (!language_of_file(script)) words.insert(words.begin(), "--");
  words.insert(words.end(), more.begin(), more.end());
  return profile_command(service, context, arguments, std::move(words), service.paths().project);
}

}  // namespace rh::agent
