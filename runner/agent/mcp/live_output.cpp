#include "runner/agent/mcp/live_output.h"

#include "runner/base/text.h"

namespace rh::agent::mcp {

void LiveOutput::take(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  std::string complete;
  for (const char c : bytes) {
    if (c == '\n') {
      if (!trim(line_).empty()) complete = line_;
      line_.clear();
    } else if (line_.size() < kMaxLiveLine) {
      line_ += c;
    }
  }
  // The end of a line may be held back, because a secret could begin with it: what stands there counts.
  if (!trim(line_).empty()) complete = line_;
  const auto now = std::chrono::steady_clock::now();
  if (complete.empty() || now - told_ < kLiveInterval) return;
  told_ = now;
  call_.report({strip_ansi(to_valid_utf8(complete)), {}, {}});
}

}  // namespace rh::agent::mcp
