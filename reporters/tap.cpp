// TAP version 14 (https://testanything.org): one test point per test, with a YAML block for what is known of a
// failure. What went wrong outside of any test is a failed point of its own, so that the stream is never
// green when the run is not.
#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

// A '#' would begin a directive, a backslash escapes it.
std::string description(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '#') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string yaml_text(std::string_view text) {
  std::string value = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  return value + '"';
}

std::string block(std::string_view key, std::string_view text) {
  if (text.empty()) return {};
  std::string lines = fmt::format("  {}: |\n", key);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines += fmt::format("    {}\n", text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

class Points {
 public:
  void test(const model::SuiteReport& suite, const model::TestRecord& record) {
    const model::Attempt& last = record.attempts.back();
    const bool failed = model::is_failure(last.outcome);
    std::string directive;
    if (last.outcome == model::Outcome::skipped)
      directive = " # SKIP " + description(clean_line(last.message));
    else if (last.outcome == model::Outcome::expected_failure)
      directive = " # TODO " + description(clean_line(last.message));
    else if (failed && record.quarantine && !record.quarantine->expired)
      directive = " # TODO in quarantine until " + description(clean_line(record.quarantine->expires, 40));
    point(!failed && last.outcome != model::Outcome::expected_failure, suite, title_of(record.test), directive);
    if (!failed && !last.duration && !record.flaky()) return;
    std::string yaml;
    if (last.duration)
      yaml += fmt::format("  duration_ms: {:.3f}\n", static_cast<double>(last.duration->count()) / 1e6);
    if (record.attempts.size() > 1) yaml += fmt::format("  attempts: {}\n", record.attempts.size());
    if (failed) {
      yaml += fmt::format("  outcome: {}\n", model::name_of(last.outcome));
      if (!last.message.empty()) yaml += fmt::format("  message: {}\n", yaml_text(clean_line(last.message, 1000)));
      if (const std::string place = place_of(suite, record.test); !place.empty())
        yaml += fmt::format("  at: {}\n", yaml_text(place));
      yaml += block("details", clean_block(last.details, 60, 8000));
    }
    if (!yaml.empty()) text_ += "  ---\n" + yaml + "  ...\n";
  }

  void suite(const model::SuiteReport& suite) {
    if (!is_suite_failure(suite.status)) return;
    point(false, suite, fmt::format("suite {}", words_of(model::name_of(suite.status))), "");
    text_ += fmt::format("  ---\n  message: {}\n  ...\n", yaml_text(clean_line(suite.status_reason, 1000)));
  }

  void gate(const model::GateVerdict& gate) {
    if (!gate.blocks) return;
    point(false, fmt::format("gate {} ({})", clean_line(gate.rule), clean_line(gate.scope)), "");
    text_ += fmt::format("  ---\n  message: {}\n  ...\n", yaml_text(clean_line(gate.message, 1000)));
  }

  [[nodiscard]] std::string take(const model::RunReport& report) {
    std::string document = fmt::format("TAP version 14\n1..{}\n", count_);
    if (count_ == 0)
      document = fmt::format("TAP version 14\n1..0 # SKIP {}\n", description(clean_line(report.exit_reason)));
    return document + text_;
  }

 private:
  void point(bool good, const model::SuiteReport& suite, std::string_view title, std::string_view directive) {
    point(good, fmt::format("{} {}", clean_line(suite.suite.id.value), title), directive);
  }
  void point(bool good, std::string_view title, std::string_view directive) {
    text_ += fmt::format("{} {} - {}{}\n", good ? "ok" : "not ok", ++count_, description(title), directive);
  }

  std::string text_;
  std::uint64_t count_ = 0;
};

}  // namespace

Result<std::string> render_tap(const model::RunReport& report) {
  Points points;
  for (const model::SuiteReport& suite : report.suites) {
    for (const model::TestRecord& record : suite.tests)
      if (record.test.kind == model::TestKind::test) points.test(suite, record);
    points.suite(suite);
  }
  for (const model::GateVerdict& gate : report.gates) points.gate(gate);
  return points.take(report);
}

}  // namespace rh::reporters
