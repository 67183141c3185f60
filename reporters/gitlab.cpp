// Artefacts that GitLab shows in a merge request beside junit.xml and cobertura: the code quality report
// (https://docs.gitlab.com/ci/testing/code_quality, a subset of Code Climate's) and the metrics report, which
// is OpenMetrics text.
#include <array>

#include <fmt/core.h>

#include "reporters/json/writer.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/problems.h"
#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

// FNV-1a in 64 bits, of two seeds: GitLab wants a fingerprint that is unique within a report.
std::string fingerprint(std::string_view identity) {
  std::uint64_t low = 0xcbf29ce484222325U, high = 0x9e3779b97f4a7c15U;
  for (const char c : identity) {
    low = (low ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    high = (high ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("{:016x}{:016x}", high, low);
}

void write_problem(JsonWriter& out, const Problem& problem) {
  constexpr std::array<std::string_view, 3> kSeverities = {"major", "minor", "info"};
  const auto member = [&](std::string_view key, std::string_view text) {
    out.key(key);
    out.string(text);
  };
  out.open('{');
  member("description", problem.title + ": " + shorten(problem.message.substr(0, problem.message.find('\n')), 400));
  member("check_name", problem.rule);
  member("fingerprint", fingerprint(problem.identity));
  member("severity", kSeverities[static_cast<std::size_t>(problem.level)]);
  out.key("location");
  out.open('{');
  member("path", problem.path);
  out.key("lines");
  out.open('{');
  out.key("begin");
  out.number(std::uint64_t{problem.line > 0 ? problem.line : 1});
  out.close('}');
  out.close('}');
  out.close('}');
}

// A label's value: the three characters that OpenMetrics escapes.
std::string label(std::string_view text) {
  std::string value;
  for (const char c : clean_line(text)) {
    if (c == '\\' || c == '"') value += '\\';
    value += c;
  }
  return value;
}

class Metrics {
 public:
  void family(std::string_view name) { text_ += fmt::format("# TYPE {} gauge\n", name); }
  void add(std::string_view name, std::string_view value) { text_ += fmt::format("{} {}\n", name, value); }
  void of_suite(std::string_view name, const model::SuiteReport& suite, std::string_view value) {
    text_ += fmt::format("{}{{suite=\"{}\"}} {}\n", name, label(suite.suite.id.value), value);
  }
  [[nodiscard]] std::string take() { return text_ + "# EOF\n"; }

 private:
  std::string text_;
};

std::string seconds(std::chrono::nanoseconds span) {
  return fmt::format("{}.{:09}", span.count() / 1'000'000'000, span.count() % 1'000'000'000);
}

void add_ratio(Metrics& metrics, std::string_view name, const std::optional<model::Ratio>& ratio) {
  const std::string percent = to_text(percent_of(ratio));
  if (percent.empty()) return;
  metrics.family(name);
  metrics.add(name, percent);
}

}  // namespace

Result<std::string> render_gitlab_quality(const model::RunReport& report) {
  JsonWriter out(2);
  out.open('[');
  for (const Problem& problem : problems_of(report))
    if (!problem.path.empty()) write_problem(out, problem);
  out.close(']');
  return out.take() + "\n";
}

Result<std::string> render_metrics(const model::RunReport& report) {
  Metrics metrics;
  const auto gauge = [&](std::string_view name, std::uint64_t value) {
    metrics.family(name);
    metrics.add(name, fmt::format("{}", value));
  };
  gauge("runharness_tests", report.counts.total);
  gauge("runharness_tests_failed", report.counts.failed + report.counts.errored);
  gauge("runharness_tests_skipped", report.counts.skipped);
  gauge("runharness_tests_flaky", report.counts.flaky);
  add_ratio(metrics, "runharness_line_coverage_percent", report.coverage.totals.lines);
  add_ratio(metrics, "runharness_branch_coverage_percent", report.coverage.totals.branches);
  if (report.patch) add_ratio(metrics, "runharness_patch_coverage_percent", report.patch->lines);
  metrics.family("runharness_suite_wall_seconds");
  for (const model::SuiteReport& suite : report.suites)
    metrics.of_suite("runharness_suite_wall_seconds", suite, seconds(suite.wall));
  metrics.family("runharness_suite_cpu_seconds");
  for (const model::SuiteReport& suite : report.suites)
    if (const auto cpu = total_cpu(suite.usage); cpu.value)
      metrics.of_suite("runharness_suite_cpu_seconds", suite, seconds(*cpu.value));
  metrics.family("runharness_suite_peak_memory_bytes");
  for (const model::SuiteReport& suite : report.suites)
    if (const auto& peak = suite.usage.peak_memory; peak.value)
      metrics.of_suite("runharness_suite_peak_memory_bytes", suite, fmt::format("{}", *peak.value));
  return metrics.take();
}

}  // namespace rh::reporters
