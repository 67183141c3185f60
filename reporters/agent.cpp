// The run in at most 8 KB for a reader that pays for every byte: the verdict and its reason first, then broken
// suites, then every failed test with its message, place and rerun command, then what else stops the merge.
// When that is too much, messages are trimmed before names are; ids are left out last, and counted.
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxBytes = 8192;
constexpr std::size_t kOutputLines = 15;

// What a failed test may say. The next row is tried when the text is too long.
struct Detail {
  std::size_t message_bytes;
  std::size_t detail_lines;
  bool rerun;
};
constexpr Detail kDetails[] = {{300, 12, true}, {300, 4, true}, {200, 0, true}, {120, 0, true}, {80, 0, false}};

std::string indented(std::string_view block) {
  std::string text;
  for (const std::string_view line : split_lines(block)) text += fmt::format("    {}\n", line);
  return text;
}

std::string head_of(const model::RunReport& report) {
  std::string text = verdict_line(report) + "\n";
  const auto ratio = ratio_of_basis(report.coverage);
  if (const std::string percent = to_text(percent_of(ratio)); !percent.empty())
    text += fmt::format("coverage {} % ({} of {} {})\n", percent, ratio->hit, ratio->found,
                        clean_line(report.coverage.basis, 40));
  return text;
}

std::string suites_of(const model::RunReport& report) {
  std::string text;
  for (const model::SuiteReport& suite : report.suites) {
    if (!is_suite_failure(suite.status)) continue;
    text += fmt::format("SUITE {} {}: {}\n", clean_line(suite.suite.id.value, 200),
                        words_of(model::name_of(suite.status)), clean_line(suite.status_reason, 300));
    const model::StepReport* step = decisive_step(suite);
    if (step != nullptr) text += indented(clean_block(step->output_tail, kOutputLines, 1500));
  }
  return text;
}

std::string gates_of(const model::RunReport& report) {
  std::string text;
  for (const model::GateVerdict& gate : report.gates) {
    if (!gate.blocks) continue;
    text += fmt::format("GATE {} ({}): {}\n", clean_line(gate.rule, 100), clean_line(gate.scope, 100),
                        clean_line(gate.message, 300));
    for (std::size_t i = 0; i < gate.culprits.size() && i < 5; ++i) {
      const model::GateEvidence& culprit = gate.culprits[i];
      const std::string line = culprit.lines.empty() ? "" : fmt::format(":{}", culprit.lines.front().first);
      text += fmt::format("    {}{} {}\n", clean_line(culprit.subject, 200), line, clean_line(culprit.note, 120));
    }
  }
  for (const model::Diagnostic& diagnostic : report.diagnostics)
    if (diagnostic.severity == model::Severity::error)
      text += fmt::format("ERROR {}: {}\n", clean_line(diagnostic.code, 80), clean_line(diagnostic.message, 300));
  return text;
}

std::string failure_of(const FailedTest& failed, const Detail& detail) {
  const model::Attempt& attempt = failed.record->attempts.back();
  const std::string place = place_of(*failed.suite, failed.record->test);
  std::string text = fmt::format(
      "FAIL {}{}{}{}\n", clean_line(failed.record->test.id.value, 400), place.empty() ? "" : " at " + place,
      attempt.outcome == model::Outcome::failed ? "" : " (" + words_of(model::name_of(attempt.outcome)) + ")",
      failed.record->quarantine && !failed.record->quarantine->expired ? " (in quarantine, does not count)" : "");
  if (!attempt.message.empty()) text += fmt::format("    {}\n", clean_line(attempt.message, detail.message_bytes));
  if (detail.detail_lines > 0) text += indented(clean_block(attempt.details, detail.detail_lines, 1200));
  if (detail.rerun && !failed.rerun.empty()) text += fmt::format("    rerun: {}\n", failed.rerun);
  return text;
}

std::string failures_with(const std::vector<FailedTest>& failed, const Detail& detail) {
  std::string text;
  for (const FailedTest& each : failed) text += failure_of(each, detail);
  return text;
}

// The ids alone, as many as fit.
std::string ids_of(const std::vector<FailedTest>& failed, std::size_t room) {
  std::string text;
  std::size_t written = 0;
  for (; written < failed.size(); ++written) {
    const std::string line = fmt::format("FAIL {}\n", clean_line(failed[written].record->test.id.value, 400));
    if (text.size() + line.size() > room) break;
    text += line;
  }
  if (written < failed.size()) text += fmt::format("... and {} more failed tests\n", failed.size() - written);
  return text;
}

}  // namespace

Result<std::string> render_agent(const model::RunReport& report) {
  const std::vector<FailedTest> failed = failed_tests(report);
  constexpr std::size_t kMaxOther = kMaxBytes / 4;  // what is not a failed test leaves room for those
  const std::string suites = shorten(suites_of(report), kMaxOther), gates = shorten(gates_of(report), kMaxOther);
  const std::string head = shorten(head_of(report), 1000);
  const auto with_end = [](std::string text) { return text.empty() || text.ends_with('\n') ? text : text + '\n'; };
  const std::string end = report.run.directory.empty()
                              ? std::string()
                              : fmt::format("details: {}/report.json\n", clean_line(report.run.directory, 400));
  const std::string before = head + with_end(suites), after = with_end(gates) + end;
  for (const Detail& detail : kDetails) {
    std::string text = before + failures_with(failed, detail) + after;
    if (text.size() <= kMaxBytes) return text;
  }
  constexpr std::size_t kCountLine = 60;
  return before + ids_of(failed, kMaxBytes - before.size() - after.size() - kCountLine) + after;
}

}  // namespace rh::reporters
