// Generate and run, with the error of a run given to the model again.
#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/tools.h"
#include "runner/agent/generate/generate.h"
#include "runner/agent/service.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr unsigned kMaxAttempts = 20;

// What another version of the code can mend; a missing package or an approval it cannot.
bool code_can_help(const ExecutionRecord& record) {
  const ErrorCategory category = row_of(record.error.kind).category;
  return category == ErrorCategory::code || category == ErrorCategory::limit ||
         record.error.kind == ErrorKind::security_violation;
}

std::string error_text(const ExecutionRecord& record) {
  std::string text = record.error.message;
  const std::string errors = to_valid_utf8(record.standard_error.bytes);
  if (!trim(errors).empty() && errors.find(text) == std::string::npos)
    text += "\n" + errors;
  else if (!trim(errors).empty())
    text = errors;
  return text;
}

// A record that says which stage gave what: the first one is the generation.
ExecutionRecord run_code(Service& service, const CallContext& context, const Generation& generation,
                         const std::string& code, ExecutionRequest request) {
  request.code = code;
  request.provider = generation.provider;
  request.model = generation.model;
  ExecutionRecord record = execute(service, context, std::move(request));
  const Stage stage{"generate", "ok", generation.wall, fmt::format("{} ({})", generation.provider, generation.model)};
  const auto known =
      std::find_if(record.stages.begin(), record.stages.end(), [](const Stage& one) { return one.name == "generate"; });
  if (known != record.stages.end())
    *known = stage;
  else
    record.stages.insert(record.stages.begin(), stage);
  return record;
}

// The provider ran the code itself; its steps are the record.
ExecutionRecord record_of_steps(Service& service, const ExecutionRequest& request, const Generation& generation) {
  ExecutionRecord record = new_record(service, request);
  record.request.code = generation.code;
  record.request.provider = generation.provider;
  record.request.model = generation.model;
  record.steps = generation.steps;
  record.status = ExecutionStatus::completed;
  for (const ExecutionStep& step : generation.steps) {
    record.standard_output.bytes += step.output;
    record.standard_error.bytes += step.error;
    if (step.success) continue;
    record.status = ExecutionStatus::failed;
    record.error = {ErrorKind::code_error, "a step of the provider's interpreter failed", {}};
  }
  record.stages = {{"generate", "ok", generation.wall, "run by the provider's own interpreter"}};
  return record;
}

struct Judged {
  bool good = false;
  std::string error;
};

template <class Judge>
Loop loop(Service& service, const CallContext& context, GenerationRequest request, const json& arguments,
          unsigned attempts, const std::string& suffix, const Judge& judge) {
  Loop result;
  json base = arguments;
  base["code"] = "pass";  // replaced by what is generated
  base["language"] = name_of(request.language);
  CalledRequest called = request_of_call(service, context, base);
  if (!called.request) {
    result.error = called.problem.error;
    result.message = called.problem.text;
    return result;
  }
  const std::string first_prompt = request.prompt;
  for (unsigned number = 1; number <= std::min(attempts, kMaxAttempts); ++number) {
    if (context.on_progress && attempts > 1)
      context.on_progress({fmt::format("attempt {} of at most {}", number, attempts), std::nullopt, std::nullopt});
    Attempt attempt{generate(service, context, request), std::nullopt};
    const Generation& made = attempt.generation;
    result.error = made.error;
    result.message = made.message;
    if (made.error == ErrorKind::none) {
      attempt.record = request.own_interpreter && !made.steps.empty()
                           ? record_of_steps(service, *called.request, made)
                           : run_code(service, context, made, made.code + suffix, *called.request);
    }
    result.attempts.push_back(std::move(attempt));
    if (!result.attempts.back().record) return result;
    const ExecutionRecord& record = *result.attempts.back().record;
    const Judged verdict = judge(record);
    result.error = record.error.kind;
    result.message = record.error.message;
    if (verdict.good || (!record.success() && !code_can_help(record))) return result;
    request.prompt = first_prompt == "tests" || first_prompt == "chart" ? first_prompt : "repair";
    request.code = made.code;
    request.previous_error = verdict.error;
    request.output = to_valid_utf8(record.standard_output.bytes);
  }
  return result;
}

}  // namespace

Loop generate_and_run(Service& service, const CallContext& context, GenerationRequest request, const json& arguments,
                      unsigned max_retries) {
  return loop(service, context, std::move(request), arguments, max_retries + 1, "", [](const ExecutionRecord& record) {
    return Judged{record.success(), error_text(record)};
  });
}

Loop solve(Service& service, const CallContext& context, GenerationRequest request, const json& arguments,
           const SolveCheck& check, unsigned max_attempts) {
  const std::string suffix = check.code.empty() ? "" : "\n\n" + check.code + "\n";
  const auto judge = [&](const ExecutionRecord& record) -> Judged {
    if (!record.success()) return {false, error_text(record)};
    const bool there = record.standard_output.bytes.find(check.expected) != std::string::npos;
    return {there, there ? "" : fmt::format("the output does not have '{}' in it", check.expected)};
  };
  Loop result = loop(service, context, std::move(request), arguments, max_attempts, suffix, judge);
  if (result.attempts.empty() || !result.attempts.back().record) return result;
  const ExecutionRecord& last = *result.attempts.back().record;
  const Judged verdict = judge(last);
  if (!verdict.good && (last.success() || code_can_help(last))) {
    result.error = ErrorKind::not_solved;
    result.message = fmt::format("none of {} attempts passed the check; the last: {}", result.attempts.size(),
                                 trim(verdict.error).substr(0, 300));
  }
  return result;
}

TestLines count_test_lines(std::string_view output) {
  TestLines counts;
  for (const std::string_view raw : split_lines(output)) {
    const std::string_view line = trim(raw);
    const bool verdict_first = line.find_first_of(" :(") < 8;
    const auto starts = [&](std::string_view word) {
      return line.starts_with(word) && (line.size() == word.size() ||
                                        std::string_view(": (-[").find(line[word.size()]) != std::string_view::npos);
    };
    const auto ends = [&](std::string_view word) { return line.ends_with(word); };
    // Test Anything Protocol: a number or a description follows; "ok then" is prose.
    const auto tap = [&](std::string_view word) {
      const std::string_view rest = line.starts_with(word) ? trim(line.substr(word.size())) : std::string_view();
      return line == word || (!rest.empty() && (rest.front() == '-' || (rest.front() >= '0' && rest.front() <= '9')));
    };
    if ((verdict_first && (starts("FAILED") || starts("FAIL") || starts("ERROR"))) || line == "FAILED" ||
        ends(" FAILED") || ends(": FAILED") || ends("... FAIL") || ends("... ERROR") || tap("not ok") ||
        starts("--- FAIL"))
      ++counts.failed;
    else if ((verdict_first && (starts("PASSED") || starts("PASS"))) || line == "PASSED" || ends(" PASSED") ||
             ends(": PASSED") || ends("... ok") || tap("ok") || starts("--- PASS"))
      ++counts.passed;
  }
  return counts;
}

ToolAnswer answer_of(const Loop& loop, const CallContext& context, json extra) {
  ToolAnswer answer;
  if (loop.attempts.empty()) return error_answer(loop.error, loop.message);
  const Attempt& last = loop.attempts.back();
  if (last.record)
    answer = answer_of(*last.record, context);
  else
    answer = error_answer(loop.error, loop.message);
  json structured = json::parse(answer.structured);
  structured.update(to_json(last.generation));
  structured["attempts"] = json::array();
  for (const Attempt& attempt : loop.attempts) {
    json one = {{"code", attempt.generation.code}, {"success", attempt.record && attempt.record->success()}};
    one["output"] = attempt.record ? to_valid_utf8(attempt.record->standard_output.bytes) : "";
    one["error"] = attempt.record ? error_text(*attempt.record) : attempt.generation.message;
    one["execution_id"] = attempt.record ? json(attempt.record->id) : json();
    structured["attempts"].push_back(std::move(one));
  }
  structured["retries"] = loop.attempts.size() - 1;
  if (loop.error != answer.error) {
    const ErrorKindRow& row = row_of(loop.error);
    structured["success"] = loop.error == ErrorKind::none;
    structured["error"] = loop.error == ErrorKind::none ? json()
                                                        : json{{"kind", row.name},
                                                               {"category", name_of(row.category)},
                                                               {"message", loop.message},
                                                               {"retry", row.retry_same},
                                                               {"retry_changed", row.retry_changed}};
    answer.error = loop.error;
    answer.exit_code = row.exit_code;
    answer.text = fmt::format("{}: {}\n{}", row.name, loop.message, answer.text);
  }
  for (const std::string& warning : last.generation.warnings) answer.text += "\nwarning: " + warning;
  structured.update(extra);
  answer.structured = structured.dump(-1, ' ', false, json::error_handler_t::replace);
  return answer;
}

}  // namespace rh::agent
