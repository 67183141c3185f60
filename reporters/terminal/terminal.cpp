// The terminal of a run: lines that stay and, on a TTY, a status block below them that is redrawn in
// place with nothing but carriage return, erase line and cursor up.
#include <optional>

#include <fmt/core.h>

#include "reporters/reporter.h"
#include "reporters/terminal/live.h"
#include "reporters/terminal/summary.h"
#include "runner/base/clock.h"

namespace rh::reporters {
namespace {

constexpr std::chrono::nanoseconds kShortestRedraw = std::chrono::milliseconds(100);

class LiveTerminal final : public Terminal {
 public:
  LiveTerminal(const TerminalOptions& options, TextSink out)
      : options_(options), out_(std::move(out)), live_(options) {}

  void on_event(const model::RunEvent& event) override {
    const std::string lines = live_.take(event);
    if (lines.empty()) return;
    // When lines come quickly the block stays away until the next tick, instead of flickering.
    const bool redraw = is_due();
    std::string text = erase();
    text += lines;
    if (redraw) text += draw();
    out_(text);
  }

  void on_usage(const model::SuiteId& suite, std::chrono::nanoseconds cpu, std::uint64_t rss_bytes) override {
    live_.take_usage(suite, cpu, rss_bytes, monotonic_now());
  }

  void on_tick() override {
    if (!is_due()) return;
    std::string text = erase();
    text += draw();
    if (!text.empty()) out_(text);
  }

  void on_report(const model::RunReport& report) override { out_(erase() + summary(report, options_)); }

 private:
  bool is_due() const {
    return options_.tty && !options_.quiet && (!drawn_at_ || monotonic_now() - *drawn_at_ >= kShortestRedraw);
  }

  // Leaves the cursor where the block began.
  std::string erase() {
    std::string text;
    for (; block_lines_ > 0; --block_lines_) text += block_lines_ > 1 ? "\r\x1b[K\x1b[1A" : "\r\x1b[K";
    return text;
  }

  std::string draw() {
    const std::chrono::nanoseconds now = monotonic_now();
    drawn_at_ = now;
    const std::vector<std::string> lines = live_.block(now);
    block_lines_ = lines.size();
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i > 0 ? "\n" : "") + lines[i];
    return text;
  }

  TerminalOptions options_;
  TextSink out_;
  LiveView live_;
  std::size_t block_lines_ = 0;  // on the screen now
  std::optional<std::chrono::nanoseconds> drawn_at_;
};

}  // namespace

std::unique_ptr<Terminal> make_terminal(const TerminalOptions& options, TextSink out) {
  return std::make_unique<LiveTerminal>(options, std::move(out));
}

}  // namespace rh::reporters
