// One question to a model by the chat completions protocol (POST {url}/chat/completions), streamed where the endpoint
// does it. What can be tried again is, within the timeout: 408, 429, 5xx and cut connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runner/agent/error_kind.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/generate/providers.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

constexpr unsigned kMaxChatTries = 3;
constexpr std::chrono::seconds kMaxRetryAfter{30};  // longer: the endpoint's wish is told, not waited for
constexpr std::size_t kMaxReplyBytes = 8U << 20;    // of a reply's text
constexpr std::size_t kMaxPromptBytes = 4U << 20;

struct ChatMessage {
  std::string role, content;  // "system", "user", "assistant"
};

struct ChatRequest {
  Provider provider;
  std::string model;  // empty: the provider's
  double temperature = 0.2;
  std::chrono::milliseconds timeout{120'000};
  std::vector<ChatMessage> messages;
  bool own_interpreter = false;  // the provider may run code itself
};

struct ChatReply {
  std::string content, finish_reason, model;
  std::optional<std::uint64_t> prompt_tokens, completion_tokens;
  std::vector<ExecutionStep> steps;  // of the provider's own interpreter
  bool finished = false;             // the protocol said that it is complete
};

struct ChatOutcome {
  ErrorKind error = ErrorKind::none;  // generation_failed, cancelled
  std::string message;
  ChatReply reply;
  unsigned tries = 0;
};

struct ChatContext {
  std::filesystem::path http_program;
  const model::Environment& environment;
  BorrowedFd cancel;
  std::function<void(std::string_view text)> on_text;  // while it comes; may be empty
};

[[nodiscard]] ChatOutcome ask_model(const ChatRequest& request, const ChatContext& context);

}  // namespace rh::agent
