// Code written by a model: once, corrected with the error of its run, or until a check passes. What it writes is run
// like any other code, by exec/pipeline.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/exec/record.h"
#include "runner/agent/generate/chat.h"
#include "runner/agent/tool.h"

namespace rh::agent {

class Service;

constexpr double kHighTemperature = 0.7;  // above: code becomes unreliable, which is said

struct GenerationRequest {
  std::string prompt = "generate";  // its name
  std::string instruction, code, previous_error, output;
  std::string context_json;
  std::string file;  // of a chart
  Language language = Language::python;
  std::string provider, model;
  std::optional<double> temperature;
  std::optional<std::chrono::milliseconds> timeout;  // of one answer
  bool own_interpreter = false;
};

struct Generation {
  ErrorKind error = ErrorKind::none;  // generation_failed, unsupported_provider, no_result, cancelled
  std::string message;
  std::string code, reply, provider, model, finish_reason, prompt_origin;
  double temperature = 0;
  std::vector<ExecutionStep> steps;
  std::vector<std::string> warnings;
  std::optional<std::uint64_t> prompt_tokens, completion_tokens;
  std::chrono::nanoseconds wall{0};
  unsigned tries = 0;
};

[[nodiscard]] Generation generate(Service& service, const CallContext& context, const GenerationRequest& request);
// From a tool's arguments: instruction, language, provider, model, temperature, context, previous_error...
[[nodiscard]] Result<GenerationRequest> generation_request(const nlohmann::json& arguments);
// {provider, model, temperature, warnings, tokens, generation_time, ...}
[[nodiscard]] nlohmann::json to_json(const Generation& generation);

// One attempt of generated code.
struct Attempt {
  Generation generation;
  std::optional<ExecutionRecord> record;  // absent: there was no code to run
};
struct Loop {
  std::vector<Attempt> attempts;
  ErrorKind error = ErrorKind::none;
  std::string message;
};

// Runs what was generated; on an error of the code at most `max_retries` corrections. `arguments`: of execute_code.
[[nodiscard]] Loop generate_and_run(Service& service, const CallContext& context, GenerationRequest request,
                                    const nlohmann::json& arguments, unsigned max_retries);
// Until `check`, which is added to the code, ends well and `expected` is in the output; each attempt sees the previous
// output. not_solved after `max_attempts`.
struct SolveCheck {
  std::string code, expected;
};
[[nodiscard]] Loop solve(Service& service, const CallContext& context, GenerationRequest request,
                         const nlohmann::json& arguments, const SolveCheck& check, unsigned max_attempts);
// The last record with what generated it and the attempts before.
[[nodiscard]] ToolAnswer answer_of(const Loop& loop, const CallContext& context, nlohmann::json extra);

// "PASSED"/"FAILED" of single tests in the output of a program, in the forms that test programs print.
struct TestLines {
  unsigned passed = 0, failed = 0;
};
[[nodiscard]] TestLines count_test_lines(std::string_view output);

[[nodiscard]] std::vector<ToolRow> generation_tools();

}  // namespace rh::agent
