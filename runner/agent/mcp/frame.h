// Bytes of a client to messages. Everything that comes in is foreign: length, depth and shape are checked before
// anything looks at the content.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/mcp/protocol.h"

namespace rh::agent::mcp {

constexpr std::size_t kMaxFrameBytes = 32ULL << 20;  // files travel inside of requests
constexpr unsigned kMaxFrameDepth = 64;
constexpr std::size_t kMaxFrameValues = 1'000'000;  // members, elements and brackets
constexpr std::size_t kMaxBatch = 100;              // messages of one frame; batches exist in revision 2025-03-26 only
constexpr std::size_t kMaxIdBytes = 512;            // of a request's id, as text

struct Message {
  enum class Kind { request, notification, response };
  Kind kind = Kind::notification;
  Json body;  // the whole object
  std::string method;
  std::string id_text;  // the id as JSON; empty: there is none

  [[nodiscard]] const nlohmann::json& id() const;
  [[nodiscard]] const nlohmann::json& params() const;  // an object; {} where there are none
};

struct Frame {
  std::vector<Message> messages;
  bool batch = false;
  // Not 0: the frame as a whole, or one message of it, is refused.
  int error_code = 0;
  std::string error;
  Json error_id;  // of the request that is refused; null: it could not be read
};

[[nodiscard]] Frame read_frame(std::string_view bytes);
// Of JSON text, without reading it; too much rather than too little.
struct JsonShape {
  unsigned depth = 0;
  std::size_t values = 0;
};
[[nodiscard]] JsonShape shape_of(std::string_view bytes);
[[nodiscard]] bool is_nested_deeper(std::string_view bytes, unsigned most);

}  // namespace rh::agent::mcp
