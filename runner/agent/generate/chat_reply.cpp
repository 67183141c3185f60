#include "runner/agent/generate/chat_reply.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return {};
  const json& value = object[name];
  return value.is_string() ? value.get<std::string>() : std::string();
}

const json& member(const json& object, const char* name) {
  static const json kNone;
  return object.is_object() && object.contains(name) ? object[name] : kNone;
}

// A text, or a list of parts of which some are text.
std::string content_text(const json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (content.is_array())
    for (const json& part : content) text += text_at(part, "text");
  return text;
}

void add_outputs(ExecutionStep& step, const json& outputs) {
  if (outputs.is_string()) step.output += outputs.get<std::string>();
  if (!outputs.is_array()) return;
  for (const json& output : outputs) {
    step.output += text_at(output, "logs");
    const std::string error = text_at(output, "error");
    if (!error.empty()) step.error += error, step.success = false;
    for (const char* name : {"url", "file_id", "filename"})
      if (const std::string file = text_at(output, name); !file.empty()) step.files.push_back(file);
    for (const char* name : {"image", "file"})
      if (const std::string file = text_at(member(output, name), "file_id"); !file.empty()) step.files.push_back(file);
  }
}

// {"type": "code_interpreter", "code_interpreter": {"input", "outputs"}}, and the same without the inner object.
void add_call(std::vector<ExecutionStep>& steps, const json& call) {
  if (!text_at(call, "type").starts_with("code_interpreter")) return;
  const json& inner = call.contains("code_interpreter") ? call["code_interpreter"] : call;
  ExecutionStep step;
  step.code = text_at(inner, "input").empty() ? text_at(inner, "code") : text_at(inner, "input");
  add_outputs(step, member(inner, "outputs"));
  for (const json& file : member(inner, "files"))
    if (file.is_string()) step.files.push_back(file.get<std::string>());
  if (text_at(inner, "status") == "failed") step.success = false;
  steps.push_back(std::move(step));
}

// Parts {"executableCode": {"code"}} each followed by {"codeExecutionResult": {"outcome", "output"}}.
void add_part(std::vector<ExecutionStep>& steps, const json& part) {
  if (const json& code = member(part, "executableCode"); code.is_object())
    steps.push_back({text_at(code, "code"), {}, {}, true, {}});
  const json& result = member(part, "codeExecutionResult");
  if (!result.is_object() || steps.empty()) return;
  steps.back().success = text_at(result, "outcome") == "OUTCOME_OK";
  (steps.back().success ? steps.back().output : steps.back().error) += text_at(result, "output");
}

}  // namespace

std::vector<ExecutionStep> interpreter_steps(const json& document) {
  std::vector<ExecutionStep> steps;
  for (const json& choice : member(document, "choices"))
    for (const json& call : member(member(choice, "message"), "tool_calls")) add_call(steps, call);
  for (const json& item : member(document, "output")) add_call(steps, item);
  for (const json& call : member(document, "tool_calls")) add_call(steps, call);
  for (const json& candidate : member(document, "candidates"))
    for (const json& part : member(member(candidate, "content"), "parts")) add_part(steps, part);
  return steps;
}

std::string add_to_reply(ChatReply& reply, const json& document, std::string& problem) {
  if (const json& error = member(document, "error"); !error.is_null()) {
    problem = error.is_string() ? error.get<std::string>() : text_at(error, "message");
    if (problem.empty()) problem = "it answered with an error";
    return {};
  }
  if (reply.model.empty()) reply.model = text_at(document, "model");
  if (const json& usage = member(document, "usage"); usage.is_object()) {
    const auto count = [&](const char* name) -> std::optional<std::uint64_t> {
      const json& value = member(usage, name);
      return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
    };
    reply.prompt_tokens = count("prompt_tokens");
    reply.completion_tokens = count("completion_tokens");
  }
  for (ExecutionStep& step : interpreter_steps(document)) reply.steps.push_back(std::move(step));
  std::string added;
  for (const json& choice : member(document, "choices")) {
    const json& message = choice.contains("delta") ? member(choice, "delta") : member(choice, "message");
    added += content_text(member(message, "content"));
    if (const std::string reason = text_at(choice, "finish_reason"); !reason.empty()) reply.finish_reason = reason;
    break;  // one is asked for
  }
  for (const json& item : member(document, "output")) added += content_text(member(item, "content"));
  for (const json& candidate : member(document, "candidates"))
    added += content_text(member(member(candidate, "content"), "parts"));
  reply.content += added;
  if (reply.content.size() > kMaxReplyBytes)
    problem = fmt::format("its reply is larger than {}", format_size(kMaxReplyBytes));
  return added;
}

std::string ReplyReader::take_line(std::string_view line) {
  if (!line.starts_with("data:")) return {};
  line = trim(line.substr(5));
  if (line.empty()) return {};
  if (line == "[DONE]") {
    reply_.finished = true;
    return {};
  }
  const json event = json::parse(line, nullptr, false);
  if (!event.is_object()) {
    problem_ = fmt::format("an event of its stream is no JSON: {}", to_valid_utf8(line.substr(0, 80)));
    return {};
  }
  return add_to_reply(reply_, event, problem_);
}

std::string ReplyReader::feed(std::string_view bytes) {
  held_ += bytes;
  if (held_.size() > 4 * kMaxReplyBytes) problem_ = "its reply has a line that does not end";
  std::string added;
  if (!events_) return added;
  std::size_t start = 0;
  for (std::size_t end = 0; problem_.empty() && (end = held_.find('\n', start)) != std::string::npos; start = end + 1)
    added += take_line(trim(std::string_view(held_).substr(start, end - start)));
  held_.erase(0, start);
  return added;
}

void ReplyReader::finish() {
  if (!problem_.empty()) return;
  if (events_) {
    if (!held_.empty()) take_line(trim(held_));
    if (!reply_.finish_reason.empty()) reply_.finished = true;
    return;
  }
  const json document = json::parse(held_, nullptr, false);
  if (!document.is_object()) {
    problem_ = fmt::format("its reply is no JSON: {}", to_valid_utf8(trim(held_).substr(0, 120)));
    return;
  }
  add_to_reply(reply_, document, problem_);
  reply_.finished = true;
  if (problem_.empty() && !document.contains("choices") && !document.contains("output") &&
      !document.contains("candidates"))
    problem_ = "its reply has no choices";
}

}  // namespace rh::agent
