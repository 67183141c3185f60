#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "reporters/reporter.h"
#include "runner/agent/project/child.h"
#include "runner/agent/project/coverage_gaps.h"
#include "runner/agent/project/test_run.h"
#include "runner/agent/project/words.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/served_path.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMaxReport = 1ULL << 30;
constexpr std::uint64_t kMaxAgentText = 64 << 10;
constexpr std::size_t kMaxErrorTail = 2000;
constexpr std::ptrdiff_t kAfterCommand = 2;  // "runharness test"
constexpr auto kAskTime = std::chrono::milliseconds(20'000);

struct TestCall {
  TestTarget target;
  std::vector<std::string> argv;
  model::Environment environment;
  CoverageRule rule;
};

template <class T>
T given(const json& arguments, const char* name, T fallback) {
  const auto at = arguments.find(name);
  return at == arguments.end() ? std::move(fallback) : at->get<T>();
}

// A text is split as a shell would; an array holds words already.
Result<std::vector<std::string>> pytest_words(const AgentConfig& config, const json& arguments) {
  std::vector<std::string> words = config.pytest_args;
  if (const auto at = arguments.find("pytest_args"); at != arguments.end()) {
    RH_TRY(words, shell_words(at->get_ref<const std::string&>()));
  }
  return words;
}

// Asked of the interpreter that the project most likely uses: its own environment, the active one, that of PATH.
bool has_xdist(const Service& service, const fs::path& root) {
  std::vector<fs::path> candidates{root / ".venv/bin/python", root / "venv/bin/python"};
  const auto active = service.host().environment().find("VIRTUAL_ENV");
  if (active != service.host().environment().end()) candidates.push_back(fs::path(active->second) / "bin/python");
  if (const auto python = service.host().find_tool("python3")) candidates.push_back(*python);
  for (const fs::path& python : candidates) {
    if (!is_file(python)) continue;
    const auto answer = service.host().run_helper({{python.string(), "-I", "-c", "import xdist"}, "/", {}}, kAskTime);
    return answer && answer->exit_code == 0;
  }
  return false;
}

void add_limits(const json& arguments, std::vector<std::string>& argv) {
  const auto add = [&](const char* name, const char* flag) {
    const auto at = arguments.find(name);
    if (at == arguments.end()) return;
    // One word, so that no value is taken for a flag.
    argv.push_back(fmt::format("{}={}", flag, at->is_string() ? at->get<std::string>() : at->dump()));
  };
  add("preset", "--preset");
  add("jobs", "--jobs");
  add("memory_limit", "--memory");
  add("base", "--base");
  add("min_patch_coverage", "--min-patch-coverage");
  if (const auto at = arguments.find("timeout"); at != arguments.end()) {
    argv.push_back("--deadline");
    argv.push_back(fmt::format("{}s", at->get<std::int64_t>()));
  }
  if (given(arguments, "affected", false)) argv.push_back("--affected");
  for (const std::string& suite : given(arguments, "only", std::vector<std::string>())) {
    argv.push_back("--only=" + suite);
  }
}

// Files that the caller wants beside the answer: "markdown=summary.md", below the project.
Result<void> add_reports(const Service& service, const json& arguments, std::vector<std::string>& argv) {
  for (const std::string& report : given(arguments, "reports", std::vector<std::string>())) {
    const std::size_t equals = report.find('=');
    if (equals == std::string::npos)
      return fail(rh::ErrorKind::usage, "read the report: write NAME=PATH, such as markdown=summary.md", report);
    RH_TRY(const fs::path file, path_in_served(service, report.substr(equals + 1)));
    argv.push_back("--report");
    argv.push_back(report.substr(0, equals + 1) + file.string());
  }
  return {};
}

Result<TestCall> call_of(const Service& service, const json& arguments) {
  TestCall call;
  std::error_code ignored;
  const fs::path project = fs::canonical(service.paths().project, ignored);
  RH_TRY(call.target, test_target(given(arguments, "paths", std::vector<std::string>()), project));
  RH_TRY(const auto words, pytest_words(service.config(), arguments));
  PytestArguments pytest = without_coverage_options(words);
  const bool chosen =
      std::any_of(pytest.words.begin(), pytest.words.end(), [](const auto& word) { return word.starts_with("-n"); });
  if (given(arguments, "parallel", false) && !chosen && has_xdist(service, call.target.roots.front()))
    pytest.words.insert(pytest.words.end(), {"-n", "auto"});
  call.rule.threshold = service.config().coverage_threshold;
  if (pytest.threshold) call.rule = {*pytest.threshold, true};
  if (arguments.contains("coverage_threshold")) call.rule = {arguments["coverage_threshold"].get<double>(), true};
  const bool coverage = given(arguments, "coverage", pytest.coverage.value_or(true));
  if (!coverage) call.rule = {};

  call.argv = {service.paths().program.string(), "test", "-v", "--report", "agent=-"};
  if (!coverage) call.argv.push_back("--no-coverage");
  if (call.rule.demanded && call.rule.threshold > 0) {
    call.argv.push_back("--min-coverage");
    call.argv.push_back(fmt::format("{}", call.rule.threshold));
  }
  add_limits(arguments, call.argv);
  RH_CHECK(add_reports(service, arguments, call.argv));
  for (const fs::path& root : call.target.roots) call.argv.push_back(root.string());
  call.environment = service.host().environment();
  // The one way that reaches pytest and no other runner. The caller's own stands first, so that this call wins.
  std::string& addopts = call.environment["PYTEST_ADDOPTS"];
  if (!pytest.words.empty()) addopts += (addopts.empty() ? "" : " ") + shell_join(pytest.words);
  call.argv.insert(call.argv.end(), {"--pass-env", "PYTEST_ADDOPTS"});
  std::vector<std::string> behind = given(arguments, "arguments", std::vector<std::string>());
  if (!call.target.narrowed.empty()) call.argv.insert(call.argv.end(), {"--ecosystem", "pytest"});
  behind.insert(behind.end(), call.target.narrowed.begin(), call.target.narrowed.end());
  if (!behind.empty()) {
    call.argv.push_back("--");
    call.argv.insert(call.argv.end(), behind.begin(), behind.end());
  }
  return call;
}

// Lines of `test -v`: "passed .:pytest  test_add (515 us)", "step  .:pytest: pytest".
std::function<void(std::string_view)> progress_of(const CallContext& context) {
  if (!context.on_progress) return {};
  return [&context, done = 0.0](std::string_view line) mutable {
    const std::string clean = strip_ansi(line);
    const std::string_view word = std::string_view(clean).substr(0, clean.find(' '));
    const bool is_test = is_one_of(word, {"passed", "failed", "errored", "skipped", "crashed", "flaky"});
    if (is_test) ++done;
    if (is_test || word == "step" || word == "START") context.on_progress({clean.substr(0, 200), done, std::nullopt});
  };
}

std::optional<fs::path> report_file(std::string_view text) {
  constexpr std::string_view kPrefix = "details: ";
  for (const std::string_view line : split_lines(text))
    if (line.starts_with(kPrefix)) return fs::path(line.substr(kPrefix.size()));
  return std::nullopt;
}

ToolAnswer could_not_run(const ChildEnd& end) {
  std::string why(trim(strip_ansi(end.errors)));
  if (why.size() > kMaxErrorTail) why = why.substr(why.size() - kMaxErrorTail);
  if (end.cancelled) return error_answer(ErrorKind::cancelled, "the test run was cancelled");
  if (end.timed_out) return error_answer(ErrorKind::timeout, "the test run took too long");
  const int code = end.exit_code.value_or(8);
  const ErrorKind kind = code == 2   ? ErrorKind::invalid_request
                         : code == 7 ? ErrorKind::isolation_unavailable
                                     : ErrorKind::internal_error;
  ToolAnswer answer = error_answer(kind, why.empty() ? "the test run ended without a report" : why);
  answer.exit_code = code;
  return answer;
}

std::string threshold_text(const model::RunReport& report, const CoverageRule& rule) {
  std::string text = fmt::format("coverage is below {} %\n", rule.threshold);
  const auto gaps = untested_files(report.coverage);
  for (std::size_t i = 0; i < gaps.size() && i < 10; ++i)
    text += fmt::format("    untested {}: {}\n", gaps[i].path, to_text(gaps[i].ranges).substr(0, 200));
  return text;
}

ToolAnswer answer_to(const model::RunReport& report, const TestCall& call, std::string_view agent_text) {
  // A rule of the project's own comes first.
  const bool judged = std::any_of(report.gates.begin(), report.gates.end(),
                                  [](const model::GateVerdict& gate) { return gate.rule == "coverage.total"; });
  CoverageRule rule = call.rule;
  if (judged && !rule.demanded) rule = {};
  json record =
      test_record(report, rule, call.target.narrowed.size() > 1 ? call.target.narrowed : std::vector<std::string>());
  const bool below = !judged && below_threshold(report, rule).value_or(false);
  std::string text = stable_text(agent_text);
  if (below && report.exit_code == 0) text = "FAILED: " + threshold_text(report, rule) + text;
  if (record.contains("folders"))
    for (const json& folder : record["folders"])
      text += fmt::format("{}: {} of {} passed\n", folder["path"].get<std::string>(), folder["passed"].get<int>(),
                          folder["total"].get<int>());
  const auto because = [&](ErrorKind kind) {
    record["error"] = json::parse(error_answer(kind, report.exit_reason).structured)["error"];
  };
  if (report.exit_code == 1) because(ErrorKind::tests_failed);
  if (report.exit_code == 4) because(ErrorKind::no_test_results);
  ToolAnswer answer = answer_of(record, std::move(text));
  answer.exit_code = record["exit_code"].get<int>();
  if (report.exit_code == 4) answer.error = ErrorKind::no_test_results;
  return answer;
}

// Tests are code, too, which an agent may have written a moment ago. Where callers may enable code, asking for tests
// does.
std::optional<ToolAnswer> refusal(const Service& service, const CallContext& context, const json& arguments) {
  if (!context.over_mcp) return std::nullopt;
  ExecutionRequest request;
  request.enable = true;
  request.allow_production = given(arguments, "allow_prod", false);
  const Permission permission = permission_to_run(service, context, request);
  if (permission.error == ErrorKind::none) return std::nullopt;
  return error_answer(permission.error, permission.message);
}

}  // namespace

ToolAnswer run_tests(Service& service, const CallContext& context, const json& arguments) {
  if (auto refused = refusal(service, context, arguments)) return *refused;
  auto call = call_of(service, arguments);
  if (!call) return error_answer(ErrorKind::invalid_request, call.error().message());
  // As for any code: whoever starts the server gives it the network, not a call that names a preset.
  if (context.over_mcp && service.config().network != model::NetworkPolicy::host)
    call->argv.insert(call->argv.begin() + kAfterCommand, "--network=none");
  ChildSpec spec{call->argv, service.paths().project, call->environment, kMaxAgentText, std::nullopt};
  if (context.on_progress) context.on_progress({"discovering the tests", 0, std::nullopt});
  const auto end = run_child(spec, {context.cancel, progress_of(context)});
  if (!end) return error_answer(ErrorKind::service_unavailable, end.error().message());
  const auto file = report_file(end->output);
  if (!file || end->cancelled) return could_not_run(*end);
  const auto bytes = read_file(*file, kMaxReport);
  if (!bytes) return error_answer(ErrorKind::internal_error, bytes.error().message());
  const auto report = reporters::parse_json_report(*bytes);
  if (!report) return error_answer(ErrorKind::internal_error, report.error().message());
  return answer_to(*report, *call, end->output);
}

}  // namespace rh::agent
