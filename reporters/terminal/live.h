// What is going on, kept from the events of a run: the lines that stay on the screen, and the status
// block that is redrawn below them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reporters/reporter.h"
#include "reporters/terminal/style.h"

namespace rh::reporters {

class LiveView {
 public:
  explicit LiveView(const TerminalOptions& options) : options_(options), style_(options.color) {}

  // The lines that this event leaves on the screen, each ended by a newline; often none.
  [[nodiscard]] std::string take(const model::RunEvent& event);
  void take_usage(const model::SuiteId& suite, std::chrono::nanoseconds cpu, std::uint64_t rss_bytes,
                  std::chrono::nanoseconds now);
  // The status block: lines no wider than the terminal, and fewer than it has rows. Empty when no suite runs.
  [[nodiscard]] std::vector<std::string> block(std::chrono::nanoseconds now) const;

 private:
  struct RunningTest {
    std::string title;
    std::chrono::nanoseconds since{};
  };
  // The rate is that between the last two samples that lie far enough apart to tell one.
  struct Usage {
    std::uint64_t rss_bytes = 0, peak_bytes = 0;
    std::chrono::nanoseconds cpu{}, at{};
    std::optional<unsigned> cpu_percent;  // of one core
  };
  struct Progress {
    std::chrono::nanoseconds started{};
    std::string step;
    std::map<std::string, RunningTest> running;  // by test id
    std::map<std::string, bool> failed;          // by test id, of its last attempt
    std::size_t failures = 0;                    // how many of them are true: the block is drawn often
    bool finished = false;
    std::optional<Usage> usage;
  };

  [[nodiscard]] std::string suite_line(const std::string& id, const Progress& progress,
                                       std::chrono::nanoseconds now) const;
  static void add_running(std::vector<std::string>& lines, const Progress& progress, std::chrono::nanoseconds now);

  std::string on(const model::SuiteStarted& event);
  std::string on(const model::StepStarted& event);
  std::string on(const model::TestStarted& event);
  std::string on(const model::TestFinished& event);
  std::string on(const model::SuiteFinished& event);
  std::string on(const model::DiagnosticRaised& event);
  template <class Other>
  std::string on(const Other&) {
    return {};
  }
  std::string on(const model::RunStarted& event);
  std::string on(const model::SuitePlanned&);

  TerminalOptions options_;
  Style style_;
  std::chrono::nanoseconds run_started_{};
  std::size_t planned_ = 0;
  std::map<std::string, Progress> suites_;  // started ones
};

}  // namespace rh::reporters
