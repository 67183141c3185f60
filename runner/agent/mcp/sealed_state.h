// The state that a question carries through the client (`requestState`): readable by it, but bound by an HMAC to this
// server, to who was asked, to the request and to an expiry, and good for one answer only.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "runner/agent/mcp/protocol.h"
#include "runner/base/result.h"

namespace rh::agent::mcp {

constexpr std::chrono::minutes kStateLife{30};
constexpr std::size_t kMaxStateBytes = 64 << 10;
constexpr std::size_t kMaxSpentStates = 100'000;  // remembered until they expire

class StateSeal {
 public:
  StateSeal();

  // `request`: what the answer must come back with: method, name and arguments.
  [[nodiscard]] std::string seal(const nlohmann::json& state, std::string_view principal, std::string_view request);
  // Once; a second time it is refused, as are wrong principals, requests, bytes and times.
  [[nodiscard]] Result<Json> open(std::string_view sealed, std::string_view principal, std::string_view request);

 private:
  [[nodiscard]] std::string tag_of(std::string_view payload) const;

  std::string key_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> spent_;  // nonce -> expiry
};

}  // namespace rh::agent::mcp
