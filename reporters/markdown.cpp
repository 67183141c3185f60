// A summary for a pull request comment or a CI step summary: verdict, suites, failures, gates, slowest
// tests, isolation, diagnostics, in this order and within what GitHub accepts in one comment. Names and
// texts of tests stand in code spans, where nothing of them is Markdown, HTML or a mention.
#include <algorithm>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/markdown_text.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

using namespace markdown;

constexpr std::size_t kMaxBeforeFailures = 15'000;  // of the suite table
constexpr std::size_t kMaxWithFailures = 45'000;    // leaves room for what comes after them
constexpr std::size_t kSlowest = 10;

std::string percent_cell(const model::CoverageReport& coverage) {
  const std::string percent = to_text(percent_of(ratio_of_basis(coverage)));
  return percent.empty() ? "-" : fmt::format("{} %", percent);
}

std::string suite_row(const model::SuiteReport& suite) {
  const model::TestCounts& counts = suite.counts;
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", code_cell(suite.suite.id.value),
                     words_of(model::name_of(suite.status)), counts.total, counts.failed + counts.errored,
                     counts.skipped, format_duration(suite.wall), prose(figure_text(total_cpu(suite.usage))),
                     prose(figure_text(suite.usage.peak_memory)), percent_cell(suite.coverage));
}

void add_suites(Page& page, const model::RunReport& report) {
  if (report.suites.empty()) return;
  page.add(
      "\n| suite | status | tests | failed | skipped | wall | CPU | peak memory | coverage |\n"
      "|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
  page.add_each(report.suites, kMaxBeforeFailures, "suites", suite_row);
  if (const auto ratio = ratio_of_basis(report.coverage); percent_of(ratio).hundredths)
    page.add(fmt::format("\nCoverage of all suites: **{} %** ({} of {} {})\n", to_text(percent_of(ratio)), ratio->hit,
                         ratio->found, prose(report.coverage.basis)));
}

std::string broken_suite(const model::SuiteReport& suite) {
  std::string text = fmt::format("\n**{}** {}: {}\n", code(suite.suite.id.value),
                                 words_of(model::name_of(suite.status)), prose(suite.status_reason));
  const model::StepReport* step = decisive_step(suite);
  if (step == nullptr) return text;
  text += fmt::format("\nStep {}: {}\n", code(step->name), prose(ending_text(*step)));
  if (step->output_tail.empty()) return text;
  return text +
         fmt::format("\n<details><summary>output</summary>\n\n{}\n</details>\n", code_block(step->output_tail, 30));
}

std::string failure(const FailedTest& failed) {
  const model::Attempt& attempt = failed.record->attempts.back();
  const std::string place = place_of(*failed.suite, failed.record->test);
  std::string text = fmt::format("\n**{}** {}{}\n", code(title_of(failed.record->test)),
                                 words_of(model::name_of(attempt.outcome)), place.empty() ? "" : " at " + code(place));
  if (!attempt.message.empty()) text += fmt::format("\n{}\n", code(attempt.message));
  const std::string details = code_block(attempt.details, 30);
  if (details.empty() && failed.rerun.empty()) return text;
  text += "\n<details><summary>details</summary>\n\n" + details;
  if (!failed.rerun.empty()) text += "\nRun it again:\n\n" + code_block(failed.rerun, 3);
  return text + "\n</details>\n";
}

void add_failures(Page& page, const model::RunReport& report) {
  std::vector<model::SuiteReport> broken;
  std::copy_if(report.suites.begin(), report.suites.end(), std::back_inserter(broken),
               [](const model::SuiteReport& suite) { return is_suite_failure(suite.status); });
  const std::vector<FailedTest> failed = failed_tests(report);
  if (broken.empty() && failed.empty()) return;
  page.add("\n### Failures\n");
  page.add_each(broken, kMaxWithFailures, "suites", broken_suite);
  page.add_each(failed, kMaxWithFailures, "failed tests", failure);
}

void add_gates(Page& page, const model::RunReport& report) {
  if (report.gates.empty()) return;
  page.add("\n### Gates\n\n| rule | scope | verdict | threshold | actual | |\n|---|---|---|--:|--:|---|\n");
  page.add_each(report.gates, kMaxBytes - 8000, "gates", [](const model::GateVerdict& gate) {
    const std::string level =
        gate.level == model::GateLevel::block ? "" : fmt::format(" ({})", model::name_of(gate.level));
    return fmt::format("| {} | {} | {}{} | {} | {} | {} |\n", code_cell(gate.rule), code_cell(gate.scope),
                       words_of(model::name_of(gate.state)), level, prose(gate.threshold), prose(gate.actual),
                       prose(gate.message));
  });
}

void add_slowest(Page& page, const model::RunReport& report) {
  const std::vector<SlowTest> slowest = slowest_tests(report, kSlowest);
  if (slowest.empty()) return;
  page.add("\n<details><summary>Slowest tests</summary>\n\n| test | suite | time |\n|---|---|--:|\n");
  page.add_each(slowest, kMaxBytes - 4000, "tests", [](const SlowTest& slow) {
    return fmt::format("| {} | {} | {} |\n", code_cell(title_of(slow.record->test)),
                       code_cell(slow.suite->suite.id.value), format_duration(slow.duration));
  });
  page.add("\n</details>\n");
}

void add_diagnostics(Page& page, const model::RunReport& report) {
  if (report.diagnostics.empty()) return;
  page.add("\n### Diagnostics\n\n");
  page.add_each(report.diagnostics, kMaxBytes - 200, "diagnostics", [](const model::Diagnostic& diagnostic) {
    const std::string subject = clean_line(diagnostic.subject);
    return fmt::format("- {} {}: {}{}\n", model::name_of(diagnostic.severity), code(diagnostic.code),
                       prose(diagnostic.message), subject.empty() ? "" : fmt::format(" ({})", code(subject)));
  });
}

}  // namespace

Result<std::string> render_markdown(const model::RunReport& report) {
  Page page;
  page.add(fmt::format("## {}\n", prose(verdict_line(report))));
  add_suites(page, report);
  add_failures(page, report);
  add_gates(page, report);
  add_slowest(page, report);
  page.add(fmt::format("\n{}\n", prose(isolation_line(report))));
  add_diagnostics(page, report);
  return page.take();
}

}  // namespace rh::reporters
