#include "reporters/terminal/live.h"

#include <algorithm>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/plain_text.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxBlockSuites = 8;

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string LiveView::take(const model::RunEvent& event) {
  const std::string lines = std::visit([this](const auto& alternative) { return on(alternative); }, event);
  return options_.quiet ? std::string() : lines;
}

std::string LiveView::on(const model::RunStarted& event) {
  run_started_ = event.run.started;
  return {};
}

std::string LiveView::on(const model::SuitePlanned&) {
  ++planned_;
  return {};
}

std::string LiveView::on(const model::SuiteStarted& event) {
  suites_[event.suite.value].started = event.at;
  if (options_.tty) return {};
  const std::string version = clean_line(event.tool.version);
  return fmt::format("START {}{}\n", clean_line(event.suite.value),
                     version.empty() ? "" : fmt::format(" ({})", version));
}

std::string LiveView::on(const model::StepStarted& event) {
  Progress& progress = suites_[event.suite.value];
  progress.step = clean_line(event.step);
  progress.running.clear();
  return options_.verbose ? fmt::format("step  {}: {}\n", clean_line(event.suite.value), progress.step) : std::string();
}

std::string LiveView::on(const model::TestStarted& event) {
  suites_[event.suite.value].running = title_of(event.test);
  return {};
}

std::string LiveView::on(const model::TestFinished& event) {
  const model::Outcome outcome = event.attempt.outcome;
  Progress& progress = suites_[event.suite.value];
  if (event.test.kind == model::TestKind::test) {  // subtests are counted apart, as their runner does
    bool& failed = progress.failed[event.test.id.value];
    progress.failures -= failed;
    failed = model::is_failure(outcome);
    progress.failures += failed;
  }
  if (!model::is_failure(outcome) && !options_.verbose) return {};
  std::string line = fmt::format("{} {}  {}", style_(tone_of(outcome), words_of(model::name_of(outcome))),
                                 clean_line(event.suite.value), title_of(event.test));
  if (event.attempt.number > 1) line += fmt::format(", attempt {}", event.attempt.number);
  if (event.attempt.duration) line += fmt::format(" ({})", format_duration(*event.attempt.duration));
  if (!event.attempt.message.empty()) line += ": " + clean_line(event.attempt.message, 200);
  return line + '\n';
}

std::string LiveView::on(const model::SuiteFinished& event) {
  Progress& progress = suites_[event.suite.value];
  progress.finished = true;
  std::string line = fmt::format("{} {}  {}", style_(tone_of(event.status), words_of(model::name_of(event.status))),
                                 clean_line(event.suite.value), counted(progress.failed.size(), "test"));
  if (progress.failures > 0) line += fmt::format(", {} failed", progress.failures);
  line += fmt::format(", {}", format_duration(event.wall));
  if (is_suite_failure(event.status) && !event.reason.empty()) line += ": " + clean_line(event.reason);
  return line + '\n';
}

std::string LiveView::on(const model::DiagnosticRaised& event) {
  if (!options_.verbose) return {};
  return fmt::format("{} {}: {}\n", model::name_of(event.diagnostic.severity), clean_line(event.diagnostic.code),
                     clean_line(event.diagnostic.message));
}

std::vector<std::string> LiveView::block(std::chrono::nanoseconds now) const {
  std::vector<std::string> lines(1);
  std::size_t running = 0, finished = 0, tests = 0, failures = 0;
  for (const auto& [id, progress] : suites_) {
    const std::size_t failed = progress.failures;
    tests += progress.failed.size();
    failures += failed;
    if (progress.finished) {
      ++finished;
      continue;
    }
    if (++running > kMaxBlockSuites) continue;
    std::string line = fmt::format("  {}  {}  {}", clean_line(id), format_duration(now - progress.started),
                                   counted(progress.failed.size(), "test"));
    if (failed > 0) line += fmt::format(", {} failed", failed);
    const std::string& what = progress.running.empty() ? progress.step : progress.running;
    if (!what.empty()) line += "  " + what;
    lines.push_back(line);
  }
  if (running == 0) return {};
  lines[0] =
      fmt::format("[{}] {} running, {} of {} done, {}", format_duration(now - run_started_), counted(running, "suite"),
                  finished, std::max(planned_, suites_.size()), counted(tests, "test"));
  if (failures > 0) lines[0] += fmt::format(", {} failed", failures);
  // One column stays free: a full line would make some terminals wrap.
  for (std::string& line : lines) line = fit(line, options_.columns > 1 ? options_.columns - 1 : 1);
  for (std::size_t i = 0; i < lines.size(); ++i)
    lines[i] = style_(i == 0 && failures > 0 ? Tone::bad : Tone::dim, lines[i]);
  return lines;
}

}  // namespace rh::reporters
