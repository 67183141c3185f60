// Output of code while it runs, as progress messages: the last line that has text, a few times a second at most.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "runner/agent/mcp/call.h"

namespace rh::agent::mcp {

constexpr std::size_t kMaxLiveLine = 200;  // bytes
constexpr std::chrono::milliseconds kLiveInterval{500};

class LiveOutput {
 public:
  explicit LiveOutput(Call& call) : call_(call) {}
  void take(std::string_view bytes);

 private:
  Call& call_;
  std::mutex mutex_;
  std::string line_;
  std::chrono::steady_clock::time_point told_;
};

}  // namespace rh::agent::mcp
