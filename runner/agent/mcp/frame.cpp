#include "runner/agent/mcp/frame.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

Frame refused(int code, std::string why, const json* id = nullptr) {
  Frame frame;
  frame.error_code = code;
  frame.error = std::move(why);
  if (id != nullptr) frame.error_id = share(*id);
  return frame;
}

bool is_id(const json& id) { return id.is_string() || id.is_number_integer(); }

// Empty: the message is well-formed.
std::string problem_of(const json& body, Message& message) {
  if (!body.is_object()) return "a message is a JSON object";
  const auto version = body.find("jsonrpc");
  if (version == body.end() || *version != "2.0") return "'jsonrpc' must be \"2.0\"";
  const auto id = body.find("id");
  if (id != body.end()) {
    if (!is_id(*id)) return "'id' must be a string or a whole number";
    message.id_text = id->dump(-1, ' ', false, json::error_handler_t::replace);
    if (message.id_text.size() > kMaxIdBytes) return fmt::format("'id' is longer than {} bytes", kMaxIdBytes);
  }
  const auto method = body.find("method");
  if (method == body.end()) {
    if (id == body.end() || (body.contains("result") == body.contains("error")))
      return "neither a request ('method') nor a response ('id' with 'result' or 'error')";
    message.kind = Message::Kind::response;
    return {};
  }
  if (!method->is_string()) return "'method' must be a string";
  message.method = method->get<std::string>();
  message.kind = id == body.end() ? Message::Kind::notification : Message::Kind::request;
  const auto params = body.find("params");
  if (params != body.end() && !params->is_object()) return "'params' must be an object";
  return {};
}

}  // namespace

// Cheaper than parsing, and neither the parser's own stack nor the memory of a tree is touched by what is refused: a
// value of three bytes costs sixty in a tree.
JsonShape shape_of(std::string_view bytes) {
  JsonShape shape;
  unsigned depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      ++shape.values;
      shape.depth = std::max(shape.depth, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    } else if (c == ',' || c == ':') {
      ++shape.values;
    }
  }
  return shape;
}

bool is_nested_deeper(std::string_view bytes, unsigned most) { return shape_of(bytes).depth > most; }

const json& Message::id() const { return body->at("id"); }

const json& Message::params() const {
  static const json none = json::object();
  const auto found = body->find("params");
  return found == body->end() ? none : *found;
}

Frame read_frame(std::string_view bytes) {
  if (bytes.size() > kMaxFrameBytes)
    return refused(kInvalidRequest, fmt::format("the message is longer than {} bytes", kMaxFrameBytes));
  const JsonShape shape = shape_of(bytes);
  if (shape.values > kMaxFrameValues)
    return refused(kInvalidRequest, fmt::format("the message holds more than {} values", kMaxFrameValues));
  if (shape.depth > kMaxFrameDepth)
    return refused(kInvalidRequest, fmt::format("the message is nested deeper than {} levels", kMaxFrameDepth));
  json whole = json::parse(bytes, nullptr, false);
  if (whole.is_discarded()) return refused(kParseError, "the message is no JSON in UTF-8");

  Frame frame;
  frame.batch = whole.is_array();
  if (frame.batch && (whole.empty() || whole.size() > kMaxBatch))
    return refused(kInvalidRequest, fmt::format("a batch holds 1 to {} messages", kMaxBatch));
  json::array_t bodies = frame.batch ? std::move(whole.get_ref<json::array_t&>()) : json::array_t{std::move(whole)};
  for (json& body : bodies) {
    Message message;
    if (std::string problem = problem_of(body, message); !problem.empty()) {
      const bool has_id =
          body.is_object() && body.contains("id") && is_id(body["id"]) && message.id_text.size() <= kMaxIdBytes;
      return refused(kInvalidRequest, std::move(problem), has_id ? &body["id"] : nullptr);
    }
    message.body = share(std::move(body));
    frame.messages.push_back(std::move(message));
  }
  return frame;
}

}  // namespace rh::agent::mcp
