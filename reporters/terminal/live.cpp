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
constexpr std::size_t kMaxBlockTests = 3;  // of each suite
constexpr std::chrono::nanoseconds kRateWindow = std::chrono::milliseconds(500);

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
  suites_[event.suite.value].running[event.test.id.value] = {title_of(event.test), event.at};
  return {};
}

std::string LiveView::on(const model::TestFinished& event) {
  const model::Outcome outcome = event.attempt.outcome;
  Progress& progress = suites_[event.suite.value];
  progress.running.erase(event.test.id.value);
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

void LiveView::take_usage(const model::SuiteId& suite, std::chrono::nanoseconds cpu, std::uint64_t rss_bytes,
                          std::chrono::nanoseconds now) {
  auto& usage = suites_[suite.value].usage;
  if (!usage || cpu < usage->cpu) usage = Usage{rss_bytes, rss_bytes, cpu, now, {}};  // the first, or of a new step
  usage->rss_bytes = rss_bytes;
  usage->peak_bytes = std::max(usage->peak_bytes, rss_bytes);
  const std::chrono::nanoseconds window = now - usage->at;
  if (window < kRateWindow) return;
  usage->cpu_percent = static_cast<unsigned>((cpu - usage->cpu).count() * 100 / window.count());
  usage->cpu = cpu;
  usage->at = now;
}

std::string LiveView::suite_line(const std::string& id, const Progress& progress, std::chrono::nanoseconds now) const {
  std::string line = fmt::format("  {}  {}  {}", clean_line(id), format_duration(now - progress.started),
                                 counted(progress.failed.size(), "test"));
  if (progress.failures > 0) line += fmt::format(", {} failed", progress.failures);
  if (progress.usage) line += "  " + format_size(progress.usage->rss_bytes);
  if (progress.usage && progress.usage->cpu_percent) line += fmt::format("  {} % CPU", *progress.usage->cpu_percent);
  if (progress.running.empty() && !progress.step.empty()) line += "  " + progress.step;
  return line;
}

// Those that take longest: the others are gone before anybody has read them.
void LiveView::add_running(std::vector<std::string>& lines, const Progress& progress, std::chrono::nanoseconds now) {
  std::vector<const RunningTest*> tests;
  for (const auto& [id, test] : progress.running) tests.push_back(&test);
  const auto older = [](const RunningTest* a, const RunningTest* b) { return a->since < b->since; };
  std::sort(tests.begin(), tests.end(), older);
  for (std::size_t i = 0; i < tests.size() && i < kMaxBlockTests; ++i)
    lines.push_back(fmt::format("    {:>7}  {}", format_duration(now - tests[i]->since), tests[i]->title));
  if (tests.size() > kMaxBlockTests) lines.push_back(fmt::format("    and {} more", tests.size() - kMaxBlockTests));
}

std::vector<std::string> LiveView::block(std::chrono::nanoseconds now) const {
  std::vector<std::string> lines(1);
  std::size_t running = 0, finished = 0, tests = 0, failures = 0;
  for (const auto& [id, progress] : suites_) {
    tests += progress.failed.size();
    failures += progress.failures;
    if (progress.finished) {
      ++finished;
      continue;
    }
    if (++running > kMaxBlockSuites) continue;
    lines.push_back(suite_line(id, progress, now));
    add_running(lines, progress, now);
  }
  if (running == 0) return {};
  lines[0] =
      fmt::format("[{}] {} running, {} of {} done, {}", format_duration(now - run_started_), counted(running, "suite"),
                  finished, std::max(planned_, suites_.size()), counted(tests, "test"));
  if (failures > 0) lines[0] += fmt::format(", {} failed", failures);
  // A block as high as the terminal could not be erased: what has scrolled away is out of reach.
  if (const std::size_t most = options_.rows > 2 ? options_.rows - 1 : 1; lines.size() > most) lines.resize(most);
  // One column stays free: a full line would make some terminals wrap.
  for (std::string& line : lines) line = fit(line, options_.columns > 1 ? options_.columns - 1 : 1);
  for (std::size_t i = 0; i < lines.size(); ++i)
    lines[i] = style_(i == 0 && failures > 0 ? Tone::bad : Tone::dim, lines[i]);
  return lines;
}

}  // namespace rh::reporters
