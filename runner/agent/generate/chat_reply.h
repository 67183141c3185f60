// Reads replies of chat endpoints: server-sent events while they come, or one JSON document.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/generate/chat.h"

namespace rh::agent {

class ReplyReader {
 public:
  explicit ReplyReader(bool events) : events_(events) {}
  // What was added to the text. `problem` is set by a reply that is none, or is too large.
  std::string feed(std::string_view bytes);
  void finish();
  [[nodiscard]] ChatReply& reply() { return reply_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& raw() const { return held_; }  // of a document

 private:
  std::string take_line(std::string_view line);
  bool events_;
  std::string held_, problem_;
  ChatReply reply_;
};

// Adds one document or one event to the reply; the text it added.
std::string add_to_reply(ChatReply& reply, const nlohmann::json& document, std::string& problem);
// Steps of a provider's own code interpreter, in the shapes of the services that have one: input, output, files.
[[nodiscard]] std::vector<ExecutionStep> interpreter_steps(const nlohmann::json& document);

}  // namespace rh::agent
