#include "runner/agent/generate/chat.h"

#include <poll.h>

#include <algorithm>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/generate/chat_reply.h"
#include "runner/agent/http/http_client.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

struct Try {
  ErrorKind error = ErrorKind::none;
  std::string message;
  bool again = false;
  std::optional<std::chrono::milliseconds> wait;  // as the endpoint wished
  ChatReply reply;
};

std::string key_of(const Provider& provider, const model::Environment& environment) {
  const auto found = environment.find(provider.key_variable);
  return provider.key_variable.empty() || found == environment.end() ? std::string() : found->second;
}

std::string address_of(const Provider& provider) {
  std::string url = provider.url;
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with("/chat/completions") ? url : url + "/chat/completions";
}

std::string body_of(const ChatRequest& request) {
  json body = {{"temperature", request.temperature}, {"stream", !request.own_interpreter}};
  body["model"] = request.model.empty() ? request.provider.model : request.model;
  for (const ChatMessage& message : request.messages)
    body["messages"].push_back({{"role", message.role}, {"content", message.content}});
  if (request.own_interpreter) body["tools"] = {{{"type", "code_interpreter"}, {"container", {{"type", "auto"}}}}};
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Seconds; a date is not waited for.
std::optional<std::chrono::milliseconds> wait_of(const HttpHead& head) {
  const auto seconds = parse_double(trim(head.retry_after));
  if (!seconds || *seconds < 0 || *seconds > 1e6) return std::nullopt;
  return std::chrono::milliseconds(static_cast<long>(*seconds * 1000));
}

std::string said(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  std::string problem;
  ChatReply ignored;
  if (document.is_object()) add_to_reply(ignored, document, problem);
  if (problem.empty()) problem = std::string(trim(body.substr(0, 200)));
  return problem.empty() ? "" : ": " + to_valid_utf8(problem);
}

Try failed(std::string message, bool again = false) {
  return {ErrorKind::generation_failed, std::move(message), again, {}, {}};
}

Try judged_status(const ChatRequest& request, const HttpHead& head, std::string_view body, bool has_key) {
  const std::string who = fmt::format("{} answered {}", request.provider.name, head.status);
  if (head.status >= 300 && head.status < 400)
    return failed(
        fmt::format("{}, a redirect to {}: it is not followed, so that the key goes nowhere else", who, head.location));
  if (head.status == 401 || head.status == 403)
    return failed(fmt::format("{}{}; {}", who, said(body),
                              has_key ? fmt::format("the key in {} was not accepted", request.provider.key_variable)
                              : request.provider.key_variable.empty()
                                  ? std::string("the provider has no key_variable that names its key")
                                  : fmt::format("set {} to a key", request.provider.key_variable)));
  if (head.status == 404) return failed(fmt::format("{}{} (is the model or the url right?)", who, said(body)));
  Try result = failed(who + said(body), head.status == 408 || head.status == 429 || head.status >= 500);
  if (result.again) result.wait = wait_of(head);
  return result;
}

Try judged_problem(const ChatRequest& request, const HttpOutcome& outcome) {
  if (outcome.problem == HttpProblem::cancelled)
    return {ErrorKind::cancelled, "cancelled by the caller", false, {}, {}};
  const bool again = outcome.problem == HttpProblem::unreachable || outcome.problem == HttpProblem::cut;
  return failed(
      fmt::format("the endpoint {} ({}): {}", address_of(request.provider), request.provider.name, outcome.message),
      again);
}

Try ask_once(const ChatRequest& request, const ChatContext& context, std::chrono::milliseconds left) {
  HttpRequest http;
  http.url = address_of(request.provider);
  http.body = body_of(request);
  http.timeout = left;
  http.headers = {"Content-Type: application/json", "Accept: text/event-stream, application/json"};
  const std::string key = key_of(request.provider, context.environment);
  if (key.find_first_of("\r\n") != std::string::npos)
    return failed(fmt::format("the key in {} has a line break in it", request.provider.key_variable));
  if (!key.empty()) http.headers.push_back("Authorization: Bearer " + key);
  std::unique_ptr<ReplyReader> reader;
  std::string refusal;  // the body of an answer that is none
  std::string type;
  HttpHooks hooks;
  hooks.cancel = context.cancel;
  hooks.on_head = [&](const HttpHead& head) {
    type = head.content_type.substr(0, head.content_type.find(';'));
    const bool readable = type.empty() || type == "text/event-stream" || type.find("json") != std::string::npos;
    if (head.status == 200 && readable) reader = std::make_unique<ReplyReader>(type == "text/event-stream");
  };
  hooks.on_data = [&](std::string_view bytes) {
    if (!reader) {
      refusal += bytes;
      return refusal.size() < 8192;
    }
    const std::string added = reader->feed(bytes);
    if (!added.empty() && context.on_text) context.on_text(added);
    return reader->problem().empty();
  };
  const HttpOutcome outcome = http_call(context.http_program, http, hooks);
  if (outcome.problem != HttpProblem::none) return judged_problem(request, outcome);
  if (outcome.head.status != 200) return judged_status(request, outcome.head, refusal, !key.empty());
  if (!reader)
    return failed(fmt::format("{} answered with {} instead of JSON or events: {}", http.url, type,
                              to_valid_utf8(trim(std::string_view(refusal).substr(0, 120)))));
  reader->finish();
  if (!reader->problem().empty()) return failed(fmt::format("{}: {}", request.provider.name, reader->problem()));
  if (!reader->reply().finished) return failed(fmt::format("the stream of {} was cut", request.provider.name), true);
  return {ErrorKind::none, {}, false, {}, std::move(reader->reply())};
}

// False: cancelled meanwhile.
bool wait_for(std::chrono::milliseconds span, BorrowedFd cancel) {
  pollfd wait{cancel.fd, POLLIN, 0};
  return ::poll(&wait, cancel.valid() ? 1 : 0, static_cast<int>(span.count())) <= 0;
}

}  // namespace

ChatOutcome ask_model(const ChatRequest& request, const ChatContext& context) {
  const Nanoseconds deadline = monotonic_now() + request.timeout;
  ChatOutcome outcome;
  std::size_t prompt = 0;
  for (const ChatMessage& message : request.messages) prompt += message.content.size();
  if (prompt > kMaxPromptBytes) {
    outcome.error = ErrorKind::generation_failed;
    outcome.message = fmt::format("the prompt is larger than {}", format_size(kMaxPromptBytes));
    return outcome;
  }
  for (outcome.tries = 1;; ++outcome.tries) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - monotonic_now());
    Try result = ask_once(request, context, std::max(left, std::chrono::milliseconds(1)));
    outcome.error = result.error;
    outcome.message = result.message;
    outcome.reply = std::move(result.reply);
    if (result.error == ErrorKind::none || !result.again) return outcome;
    const auto pause = result.wait.value_or(std::chrono::milliseconds(250 << outcome.tries));
    const bool too_long = pause > kMaxRetryAfter || monotonic_now() + pause >= deadline;
    if (outcome.tries >= kMaxChatTries || too_long) {
      if (result.wait && too_long)
        outcome.message += fmt::format("; it asks to be left alone for {}", format_duration(pause));
      if (outcome.tries > 1) outcome.message += fmt::format(" ({} tries)", outcome.tries);
      return outcome;
    }
    if (!wait_for(pause, context.cancel)) {
      outcome.error = ErrorKind::cancelled;
      outcome.message = "cancelled by the caller";
      return outcome;
    }
  }
}

}  // namespace rh::agent
