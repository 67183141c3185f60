// create_demo, and how a topic is understood.
#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/demo/demo.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using A = ArgumentType;
using nlohmann::json;

constexpr std::string_view kSchema = R"({"type":"object","properties":{"success":{"type":"boolean"},
"language":{"type":"string"},"topic":{"type":"string"},"title":{"type":"string"},"code":{"type":"string"},
"topics":{"type":"array","items":{"type":"string"}},"run":{"type":"object"},"error":{"type":"object"}},
"required":["success"]})";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

ToolAnswer create_demo(Service&, const CallContext&, const json& arguments) {
  const std::string name = arguments.value("language", std::string("python"));
  const auto language = language_named(name);
  if (!language)
    return error_answer(ErrorKind::unsupported_language, fmt::format("'{}' is not one of {}", name, language_list()));
  const std::string topic = arguments.value("topic", std::string("hello"));
  const DemoRow* row = find_demo(*language, topic);
  if (row == nullptr)
    return error_answer(ErrorKind::not_found, fmt::format("there is no demonstration of '{}'; there are {}", topic,
                                                          join(demo_topics(), ", ")));
  const json record = {
      {"success", true},
      {"language", name_of(row->language)},
      {"topic", row->topic},
      {"title", row->title},
      {"code", row->code},
      {"topics", demo_topics()},
      {"run", {{"tool", "execute_code"}, {"arguments", {{"language", name_of(row->language)}, {"code", row->code}}}}}};
  return answer_of(record, std::string(row->code));
}

}  // namespace

std::vector<std::string> demo_topics() {
  std::vector<std::string> topics;
  for (const DemoRow& row : demo_rows())
    if (std::find(topics.begin(), topics.end(), row.topic) == topics.end()) topics.emplace_back(row.topic);
  return topics;
}

const DemoRow* find_demo(Language language, std::string_view topic) {
  const std::string wanted = lower(trim(topic));
  const DemoRow* best = nullptr;
  std::size_t most = 0;
  for (const DemoRow& row : demo_rows()) {
    if (row.language != language) continue;
    if (row.topic == wanted) return &row;
    const std::string known = std::string(row.topic) + " " + lower(row.title);
    std::size_t score = 0;
    for (const std::string_view word : split(wanted, ' '))
      if (word.size() > 3 && known.find(word) != std::string::npos) score += word.size();
    if (score > most) {
      most = score;
      best = &row;
    }
  }
  if (best != nullptr) return best;
  const auto near = closest(wanted, demo_topics());
  return near ? find_demo(language, *near) : nullptr;
}

std::vector<ToolRow> demo_tools() {
  ToolRow row;
  row.name = "create_demo";
  row.command = "demo-snippet";
  row.title = "give a small program of a language that runs";
  row.description = "A demonstration snippet for a language and topic (hello, fibonacci, statistics, words, primes).";
  row.arguments = {{"language", A::text, "python (default), javascript, bash, go, rust or java", "LANGUAGE"},
                   {"topic", A::text, "what it shows (default: hello)", "TOPIC"}};
  row.output_schema = kSchema;
  row.hints = {true, false, true, false};
  row.call = create_demo;
  return {row};
}

}  // namespace rh::agent
