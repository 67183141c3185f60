// What is going on, kept from the events of a run: the lines that stay on the screen, and the status
// block that is redrawn below them.
#pragma once

#include <chrono>
#include <map>
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
  // The status block: lines no wider than the terminal. Empty when no suite runs.
  [[nodiscard]] std::vector<std::string> block(std::chrono::nanoseconds now) const;

 private:
  struct Progress {
    std::chrono::nanoseconds started{};
    std::string step;
    std::string running;                 // title of the test begun last
    std::map<std::string, bool> failed;  // by test id, of its last attempt
    std::size_t failures = 0;            // how many of them are true: the block is drawn often
    bool finished = false;
  };

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
