// The tools that ask a model, and those that route and plan such requests without one.
#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/tools.h"
#include "runner/agent/generate/generate.h"
#include "runner/agent/generate/prompts.h"
#include "runner/agent/generate/route.h"
#include "runner/agent/generate/strategy.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/service.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using T = ArgumentType;

json steps_json(const std::vector<ExecutionStep>& steps) {
  json list = json::array();
  for (const ExecutionStep& step : steps)
    list.push_back({{"input", step.code},
                    {"output", step.output},
                    {"error", step.error},
                    {"success", step.success},
                    {"files", step.files}});
  return list;
}

// Those of a run that a tool passes on: not what is its own, nor what only one who has code can say.
json run_arguments(json arguments) {
  static const std::vector<std::string> kOwn = [] {
    std::vector<std::string> names;
    for (const ArgumentRow& row : execution_arguments()) names.emplace_back(row.name);
    return names;
  }();
  for (const char* own : {"code", "path", "script", "language"}) arguments.erase(own);
  json kept = json::object();
  for (const auto& [name, value] : arguments.items())
    if (std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end()) kept[name] = value;
  return kept;
}

struct Asked {
  GenerationRequest request;
  ToolAnswer problem;
  bool good = false;
};

// `runs`: nothing is asked of a model whose code would not be run.
Asked asked_of(Service& service, const CallContext& context, const json& arguments, bool runs) {
  // What was approved is the code that was shown, not what a model would write now.
  const std::string approved =
      context.approval_id.empty() ? arguments.value("approval_id", std::string()) : context.approval_id;
  if (const ToolRow* resume = tool_of_command("approvals", "resume"); runs && !approved.empty() && resume != nullptr)
    return {{}, call_tool(*resume, service, context, {{"approval_id", approved}})};
  auto request = generation_request(arguments);
  if (!request)
    return {{},
            error_answer(request.error().kind == rh::ErrorKind::unsupported ? ErrorKind::unsupported_language
                                                                            : ErrorKind::invalid_request,
                         request.error().what)};
  if (runs && !request->own_interpreter) {
    ExecutionRequest permission;
    permission.enable = arguments.value("enable", false);
    permission.allow_production = arguments.value("allow_prod", false);
    if (const Permission given = permission_to_run(service, context, permission); given.error != ErrorKind::none) {
      ToolAnswer refused = error_answer(given.error, given.message);
      if (given.concerns.empty()) return {{}, refused};
      json structured = json::parse(refused.structured);
      structured["error"]["concerns"] = given.concerns;
      refused.structured = structured.dump();
      return {{}, refused};
    }
  }
  return {*std::move(request), {}, true};
}

ToolAnswer generate_code(Service& service, const CallContext& context, const json& arguments) {
  Asked asked = asked_of(service, context, arguments, false);
  if (!asked.good) return asked.problem;
  if (!asked.request.code.empty() && !asked.request.previous_error.empty()) asked.request.prompt = "repair";
  const Generation made = generate(service, context, asked.request);
  ToolAnswer answer = made.error == ErrorKind::none ? ToolAnswer{} : error_answer(made.error, made.message);
  json structured = made.error == ErrorKind::none ? json{{"success", true}} : json::parse(answer.structured);
  structured.update(to_json(made));
  structured["code"] = made.code;
  structured["language"] = name_of(asked.request.language);
  structured["instruction"] = to_valid_utf8(asked.request.instruction);
  structured["reply"] = made.reply;
  structured["results"] = steps_json(made.steps);
  structured["executed"] = !made.steps.empty();
  answer.structured = structured.dump(-1, ' ', false, json::error_handler_t::replace);
  if (made.error == ErrorKind::none) answer.text = made.code;
  for (const std::string& warning : made.warnings) answer.text += "\nwarning: " + warning;
  return answer;
}

ToolAnswer run_generated(Service& service, const CallContext& context, const json& arguments) {
  const Asked asked = asked_of(service, context, arguments, true);
  if (!asked.good) return asked.problem;
  const bool retry = arguments.value("retry_on_error", true);
  const auto wanted =
      arguments.value("max_retries", static_cast<std::int64_t>(service.config().generation.max_retries));
  const auto retries = static_cast<unsigned>(std::clamp<std::int64_t>(wanted, 0, 19));
  const Loop loop = generate_and_run(service, context, asked.request, run_arguments(arguments), retry ? retries : 0);
  json extra = json::object();
  if (!loop.attempts.empty() && !loop.attempts.back().generation.steps.empty())
    extra["results"] = steps_json(loop.attempts.back().generation.steps);
  if (const auto score = score_of(asked.request.context_json)) extra["strategy"] = strategy_of(*score).name;
  return answer_of(loop, context, std::move(extra));
}

ToolAnswer run_solve(Service& service, const CallContext& context, const json& arguments) {
  const Asked asked = asked_of(service, context, arguments, true);
  if (!asked.good) return asked.problem;
  const SolveCheck check{arguments.value("check", std::string()), arguments.value("expected_output", std::string())};
  const auto wanted =
      arguments.value("max_attempts", static_cast<std::int64_t>(service.config().generation.max_attempts));
  if (wanted < 1 || wanted > 20) return error_answer(ErrorKind::invalid_request, "'max_attempts' is 1 to 20");
  GenerationRequest request = asked.request;
  if (!check.code.empty()) request.instruction += "\n\nThis check runs behind the program:\n" + check.code;
  const Loop loop = solve(service, context, request, run_arguments(arguments), check, static_cast<unsigned>(wanted));
  return answer_of(loop, context, {{"solved", loop.error == ErrorKind::none}});
}

ToolAnswer run_generated_tests(Service& service, const CallContext& context, const json& arguments) {
  Asked asked = asked_of(service, context, arguments, true);
  if (!asked.good) return asked.problem;
  asked.request.prompt = "tests";
  Loop loop = generate_and_run(service, context, asked.request, run_arguments(arguments), 0);
  json extra = {{"outcome", nullptr}};
  if (!loop.attempts.empty() && loop.attempts.back().record) {
    const ExecutionRecord& record = *loop.attempts.back().record;
    const TestLines lines = count_test_lines(record.standard_output.bytes + "\n" + record.standard_error.bytes);
    const bool code_ran = record.success() || record.error.kind == ErrorKind::code_error;
    std::string outcome;
    if (lines.failed > 0 || (lines.passed > 0 && record.error.kind == ErrorKind::code_error)) {
      outcome = "tests_failed";
      loop.error = ErrorKind::tests_failed;
      loop.message = fmt::format("{} of {} tests failed", std::max(lines.failed, 1U), lines.failed + lines.passed);
    } else if (lines.passed > 0 && record.success()) {
      outcome = "all_tests_passed";
    } else if (code_ran) {
      outcome = "no_test_results";
      loop.error = ErrorKind::no_test_results;
      loop.message = "the program reported no test: a line `PASSED: name` or `FAILED: name` of each was asked for";
    }
    extra = {{"outcome", outcome.empty() ? json() : json(outcome)},
             {"tests_passed", lines.passed},
             {"tests_failed", lines.failed}};
  }
  ToolAnswer answer = answer_of(loop, context, extra);
  if (extra["outcome"].is_string()) answer.text = extra["outcome"].get<std::string>() + "\n" + answer.text;
  return answer;
}

ToolAnswer run_visualize(Service& service, const CallContext& context, const json& arguments) {
  Asked asked = asked_of(service, context, arguments, true);
  if (!asked.good) return asked.problem;
  asked.request.prompt = "chart";
  if (asked.request.file.empty()) asked.request.file = "chart.png";
  if (asked.request.file.front() == '/' || asked.request.file.find("..") != std::string::npos)
    return error_answer(ErrorKind::invalid_request, "'file' is a name below the working folder");
  const unsigned retries = service.config().generation.max_retries;
  Loop loop = generate_and_run(service, context, asked.request, run_arguments(arguments), retries);
  json files = json::array();
  if (!loop.attempts.empty() && loop.attempts.back().record) {
    const ExecutionRecord& record = *loop.attempts.back().record;
    bool there = false;
    for (const RecordArtifact& artifact : record.artifacts) {
      files.push_back({{"name", artifact.name}, {"path", artifact.path.string()}, {"bytes", artifact.bytes}});
      there = there || artifact.name == asked.request.file;
    }
    if (record.success() && !there) {
      loop.error = ErrorKind::no_result;
      loop.message =
          fmt::format("the program ended well and saved no {}: ask explicitly for that file", asked.request.file);
    }
  }
  return answer_of(loop, context, {{"file", asked.request.file}, {"files", files}});
}

ToolAnswer route_request(Service& service, const CallContext& context, const json& arguments) {
  const std::string text = arguments.value("request", std::string());
  if (trim(text).empty())
    return error_answer(ErrorKind::invalid_request, "'request' says what is wanted, and is empty");
  const Route route = route_of(text);
  json structured = {{"success", true},        {"verb", route.verb},
                     {"tool", route.tool},     {"arguments", json::parse(route.arguments)},
                     {"reason", route.reason}, {"complete", route.complete}};
  std::string said = fmt::format("{} ({}: {})", route.tool, route.verb, route.reason);
  const ToolRow* tool = tool_named(route.tool);
  const bool runs = !arguments.value("only_route", false) && route.complete && tool != nullptr;
  structured["called"] = runs;
  if (!runs) {
    if (!route.complete) said += "\nit needs code or a path";
    return answer_of(structured, said);
  }
  json call = structured["arguments"];
  for (const char* passed : {"enable", "allow_prod"})
    if (arguments.contains(passed) && std::any_of(tool->arguments.begin(), tool->arguments.end(),
                                                  [&](const ArgumentRow& row) { return row.name == passed; }))
      call[passed] = arguments[passed];
  ToolAnswer answer = call_tool(*tool, service, context, call);
  structured["answer"] = json::parse(answer.structured, nullptr, false);
  structured["success"] = answer.error == ErrorKind::none;
  if (structured["answer"].is_object() && structured["answer"].contains("error"))
    structured["error"] = structured["answer"]["error"];
  answer.structured = structured.dump(-1, ' ', false, json::error_handler_t::replace);
  answer.text = said + "\n" + answer.text;
  return answer;
}

ToolAnswer choose_strategy(Service&, const CallContext&, const json& arguments) {
  std::optional<double> score;
  if (arguments.contains("score")) score = arguments["score"].get<double>();
  if (!score && arguments.contains("context")) score = score_of(arguments["context"].dump());
  if (!score || *score < 0 || *score > 1)
    return error_answer(ErrorKind::invalid_request,
                        "a score of 0 to 1 is needed, as 'score' or in the context as score, confidence or quality");
  const Strategy strategy = strategy_of(*score);
  return answer_of({{"success", true},
                    {"strategy", strategy.name},
                    {"score", *score},
                    {"preprocessing", strategy.preprocessing},
                    {"cleaning", strategy.cleaning},
                    {"advice", strategy.advice}},
                   fmt::format("{}: {}", strategy.name, strategy.advice));
}

ToolAnswer show_prompts(Service& service, const CallContext&, const json& arguments) {
  const std::string wanted = arguments.value("name", std::string());
  json list = json::array();
  std::string text;
  for (const std::string& name : prompt_names()) {
    if (!wanted.empty() && name != wanted) continue;
    const auto prompt = prompt_named(name, service.config().generation.templates);
    if (!prompt) return error_answer(ErrorKind::invalid_request, prompt.error().message());
    list.push_back({{"name", name}, {"origin", prompt->origin}, {"system", prompt->system}, {"user", prompt->user}});
    text += wanted.empty() ? fmt::format("# {}.txt ({})\n{}\n", name, prompt->origin, template_text(*prompt))
                           : template_text(*prompt);
  }
  if (list.empty())
    return error_answer(ErrorKind::not_found,
                        fmt::format("there is no prompt '{}': {}", to_valid_utf8(wanted), join(prompt_names(), ", ")));
  return answer_of({{"success", true}, {"prompts", list}}, text);
}

std::vector<ArgumentRow> model_arguments() {
  return {{"instruction", T::text, "what the program is to do", "INSTRUCTION", "TEXT", {}, true},
          {"language", T::text, "python where it is absent", "--language", "NAME"},
          {"provider", T::text,
           "whose model: openai, gemini, groq, openrouter, mistral, ollama, one of the "
           "configuration, or a URL",
           "--provider", "NAME"},
          {"model", T::text, "name of the model", "--model", "NAME"},
          {"temperature", T::number, "0 to 2; 0.2 where it is absent", "--temperature", "NUMBER"},
          {"context", T::object, "data for the model and for the code", "--context", "JSON"},
          {"code", T::text, "existing code", "--code", "CODE"},
          {"previous_error", T::text, "error of an earlier attempt", "--previous-error", "TEXT"},
          {"generation_timeout", T::number, "seconds for one answer of the model", "--generation-timeout", "SECONDS"},
          {"interpreter", T::text, "provider: its own code interpreter runs the code", "--interpreter", "WHERE",
           "local|provider"}};
}

std::vector<ArgumentRow> with_run_arguments(std::vector<ArgumentRow> own) {
  const std::vector<ArgumentRow> model = model_arguments();
  std::vector<ArgumentRow> rows(model.begin(), model.end());
  rows.insert(rows.end(), own.begin(), own.end());
  for (const ArgumentRow& row : execution_arguments()) {
    const bool known =
        std::any_of(rows.begin(), rows.end(), [&](const ArgumentRow& one) { return one.name == row.name; });
    const bool of_code = is_one_of(row.name, {"path", "script", "arguments"});
    if (!known && !of_code) rows.push_back(row);
  }
  return rows;
}

constexpr std::string_view kAnswerSchema =
    R"({"type":"object","required":["success"],"properties":{"success":{"type":"boolean"}}})";
constexpr ToolHints kRuns{false, true, false, true};
constexpr ToolHints kReads{true, false, true, false};

std::vector<ToolRow> model_tools() {
  const ArgumentRow kRetries{"max_retries", T::integer, "corrections after an error; 2 where it is absent"};
  const ArgumentRow kRetry{"retry_on_error", T::boolean, "false: no correction"};
  return {
      {"generate_code",
       "generate",
       "have a model write code, without running it",
       "Asks the configured model for a program and gives the code back; nothing is run.",
       model_arguments(),
       kAnswerSchema,
       {true, false, false, true},
       generate_code},
      {"generate_and_run",
       "generate-and-run",
       "have a model write code, and run it",
       "Asks the configured model for a program and runs it in the sandbox; an error is given to the model for a "
       "corrected version.",
       with_run_arguments({kRetries, kRetry}),
       kAnswerSchema,
       kRuns,
       run_generated,
       {"run_instruction"}},
      {"solve",
       "solve",
       "have a model write code until a check passes",
       "At most max_attempts programs; each attempt sees the output of the one before. not_solved when none passes.",
       with_run_arguments({{"check", T::text, "code that runs behind the program: assertions", "--check", "CODE"},
                           {"expected_output", T::text, "text that the output must have in it"},
                           {"max_attempts", T::integer, "5 where it is absent"}}),
       kAnswerSchema,
       kRuns,
       run_solve,
       {"iterate_code"}},
      {"generate_tests", "generate-tests", "have a model write tests of a function, and run them",
       "Tests of what is described, or of the code given, are written and run: all_tests_passed, tests_failed or "
       "no_test_results.",
       with_run_arguments({}), kAnswerSchema, kRuns, run_generated_tests},
      {"visualize",
       "visualize",
       "have a model draw a chart into a file",
       "A program that saves the chart is written and run; the file is among the artifacts.",
       with_run_arguments({{"file", T::text, "name of the file; chart.png where it is absent"}}),
       kAnswerSchema,
       kRuns,
       run_visualize,
       {"create_visualization"}},
  };
}

}  // namespace

std::vector<ToolRow> generation_tools() {
  std::vector<ToolRow> rows = model_tools();
  rows.push_back({"route_request",
                  "ask",
                  "find the tool for a request in free text, and call it",
                  "By rules, without a model: execute, test, profile, dependencies, batch, validate, error help.",
                  {{"request", T::text, "what is wanted; code in a fenced block", "REQUEST", "TEXT", {}, true},
                   {"only_route", T::boolean, "say which tool, and call none"},
                   {"enable", T::boolean, "run code although the configuration does not enable it"},
                   {"allow_prod", T::boolean, "also where the environment says production"}},
                  kAnswerSchema,
                  kRuns,
                  route_request,
                  {"ask"}});
  rows.push_back({"choose_strategy",
                  "strategy",
                  "how carefully to work, by a score of the data",
                  "advanced above 0.8, standard with preprocessing above 0.5, else basic with cleaning.",
                  {{"score", T::number, "0 to 1"}, {"context", T::object, "object with a score in it", {}, "JSON"}},
                  kAnswerSchema,
                  kReads,
                  choose_strategy});
  rows.push_back({"show_prompts",
                  "prompts",
                  "show the prompts that models are given",
                  "In the form in which a file of generation.templates replaces them.",
                  {{"name", T::text, "one of them", "NAME", "NAME"}},
                  kAnswerSchema,
                  kReads,
                  show_prompts,
                  {},
                  false});
  return rows;
}

}  // namespace rh::agent
