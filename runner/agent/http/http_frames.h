// What runharness and runharness-http say to each other. On the helper's standard input: one line of JSON
//   {"method", "url", "headers": ["Name: value"], "timeout_ms", "connect_timeout_ms", "max_bytes", "body_bytes"}
// then the body. On its standard output frames: one letter, eight hexadecimal digits with the length, the payload.
// H: {"status", "content_type", "retry_after", "location"}; D: bytes of the answer as they come;
// E: {"problem", "message"}; Z: the answer is complete. Without Z or E the helper itself died.
#pragma once

#include <cstddef>

namespace rh::agent {

constexpr std::size_t kMaxHttpHead = 1U << 20;       // of the line of JSON
constexpr std::size_t kHttpFrameHead = 9;            // letter and length
constexpr std::size_t kMaxHttpFrame = 1U << 20;      // payload of one
constexpr std::size_t kMaxHttpBody = 64U << 20;      // of a request
constexpr std::size_t kMaxHttpAnswer = 32ULL << 20;  // of an answer, unless the request says less

}  // namespace rh::agent
