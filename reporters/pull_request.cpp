// The comment of a pull or merge request: what changed against the base first, then what stops the merge, then
// what of the patch is not tested. The first line is a marker by which a CI job finds its earlier comment.
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

constexpr std::string_view kMarker = "<!-- runharness: comment of this run -->\n";
constexpr std::size_t kMaxWithFailures = 35'000;
constexpr std::size_t kMaxWithFiles = 55'000;

std::string signed_count(std::uint64_t now, std::uint64_t before) {
  if (now == before) return "±0";
  return now > before ? fmt::format("+{}", now - before) : fmt::format("-{}", before - now);
}

// Percentage points from exact hundredths of both sides, "+0.12".
std::string signed_points(const Percent& now, const Percent& before) {
  if (!now.hundredths || !before.hundredths) return "";
  const bool up = *now.hundredths >= *before.hundredths;
  const std::uint64_t change = up ? *now.hundredths - *before.hundredths : *before.hundredths - *now.hundredths;
  if (change == 0) return "±0.00";
  return fmt::format("{}{}.{:02}", up ? "+" : "-", change / 100, change % 100);
}

std::string percent_cell(const std::optional<model::Ratio>& ratio) {
  const std::string text = to_text(percent_of(ratio));
  return text.empty() ? "-" : text + " %";
}

void add_count(Page& page, std::string_view name, std::uint64_t now, const std::optional<std::uint64_t>& before) {
  page.add(fmt::format("| {} | {} | {} | {} |\n", name, before ? fmt::format("{}", *before) : "", now,
                       before ? signed_count(now, *before) : ""));
}

void add_coverage(Page& page, std::string_view name, const std::optional<model::Ratio>& now,
                  const std::optional<model::Ratio>& before) {
  if (!now) return;
  page.add(fmt::format("| {} | {} | {} | {} |\n", name, before ? percent_cell(before) : "", percent_cell(now),
                       before ? signed_points(percent_of(now), percent_of(before)) : ""));
}

void add_changes(Page& page, const model::RunReport& report) {
  const auto& base = report.base;
  const auto of_base = [&](std::uint64_t model::BaseRun::*member) {
    return base ? std::optional(*base.*member) : std::nullopt;
  };
  const model::CoverageTotals none;
  const model::CoverageTotals& before = base ? base->coverage : none;
  page.add("\n| | base | this | change |\n|---|--:|--:|--:|\n");
  add_count(page, "tests", report.counts.total, of_base(&model::BaseRun::tests));
  add_count(page, "failed", report.counts.failed + report.counts.errored, of_base(&model::BaseRun::failed));
  add_count(page, "skipped", report.counts.skipped, of_base(&model::BaseRun::skipped));
  add_coverage(page, "line coverage", report.coverage.totals.lines, before.lines);
  add_coverage(page, "branch coverage", report.coverage.totals.branches, before.branches);
  if (report.patch) {
    page.add(fmt::format("| **patch coverage** | | **{}** | {} of {} lines |\n", percent_cell(report.patch->lines),
                         report.patch->lines.hit, report.patch->lines.found));
    if (report.patch->branches.found > 0)
      page.add(fmt::format("| patch branches | | {} | {} of {} |\n", percent_cell(report.patch->branches),
                           report.patch->branches.hit, report.patch->branches.found));
  }
  page.add(fmt::format("| wall time | {} | {} | |\n", base && base->wall ? format_duration(*base->wall) : "",
                       format_duration(report.wall)));
  if (base) page.add(fmt::format("\nBase: {}\n", prose(base->label)));
}

void add_gates(Page& page, const model::RunReport& report) {
  std::vector<model::GateVerdict> open;
  std::copy_if(report.gates.begin(), report.gates.end(), std::back_inserter(open),
               [](const model::GateVerdict& gate) { return gate.state != model::GateState::passed; });
  if (open.empty()) {
    if (!report.gates.empty()) page.add(fmt::format("\nAll {} gates passed.\n", report.gates.size()));
    return;
  }
  page.add("\n### Gates\n\n");
  page.add_each(open, kMaxWithFailures, "gates", [](const model::GateVerdict& gate) {
    std::string text = fmt::format("- {}**{}** ({}): {}\n", gate.blocks ? "blocks: " : "", prose(gate.rule),
                                   prose(gate.scope), prose(gate.message));
    for (std::size_t i = 0; i < gate.culprits.size() && i < 5; ++i)
      text += fmt::format("  - {} {}\n", code(gate.culprits[i].subject), prose(gate.culprits[i].note));
    return text;
  });
}

void add_failures(Page& page, const model::RunReport& report) {
  for (const model::SuiteReport& suite : report.suites)
    if (is_suite_failure(suite.status))
      page.add(fmt::format("\n**{}** {}: {}\n", code(suite.suite.id.value), words_of(model::name_of(suite.status)),
                           prose(suite.status_reason)),
               kMaxWithFailures);
  const std::vector<FailedTest> failed = failed_tests(report);
  if (failed.empty()) return;
  page.add("\n### Failed tests\n\n");
  page.add_each(failed, kMaxWithFailures, "failed tests", [](const FailedTest& test) {
    const std::string place = place_of(*test.suite, test.record->test);
    const std::string message = clean_line(test.record->attempts.back().message, 200);
    return fmt::format("- {}{}{}{}\n", code(title_of(test.record->test)), place.empty() ? "" : " at " + code(place),
                       test.record->quarantine ? " (in quarantine)" : "",
                       message.empty() ? "" : "<br>" + code(message));
  });
}

std::string uncovered_lines(const model::PatchFile& file) {
  std::string text;
  for (std::size_t i = 0; i < file.lines.size();) {
    const model::PatchLine& first = file.lines[i];
    std::uint32_t last = first.line;
    for (++i; i < file.lines.size() && file.lines[i].line == last + 1 && file.lines[i].state == first.state; ++i)
      last = file.lines[i].line;
    if (first.state != model::PatchLineState::uncovered) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", first.line);
    if (last > first.line) text += fmt::format("-{}", last);
    if (text.size() > 200) return text + ", ...";
  }
  return text;
}

void add_patch(Page& page, const model::RunReport& report) {
  if (!report.patch) return;
  std::vector<model::PatchFile> open;
  for (const model::PatchFile& file : report.patch->files)
    if (file.line_ratio.hit < file.line_ratio.found || (file.source && !file.measured && !file.lines.empty()))
      open.push_back(file);
  if (open.empty()) return;
  const auto missing = [](const model::PatchFile& file) { return file.line_ratio.found - file.line_ratio.hit; };
  std::stable_sort(open.begin(), open.end(),
                   [&](const model::PatchFile& a, const model::PatchFile& b) { return missing(a) > missing(b); });
  page.add("\n### Changed lines that no test reaches\n\n| file | covered | | missing |\n|---|--:|--:|---|\n");
  page.add_each(open, kMaxWithFiles, "files", [](const model::PatchFile& file) {
    if (!file.measured) return fmt::format("| {} | | | in no coverage report |\n", code_cell(file.path));
    return fmt::format("| {} | {}/{} | {} | {} |\n", code_cell(file.path), file.line_ratio.hit, file.line_ratio.found,
                       percent_cell(file.line_ratio), uncovered_lines(file));
  });
}

}  // namespace

Result<std::string> render_pull_request(const model::RunReport& report) {
  Page page;
  page.add(kMarker);
  page.add(fmt::format("## {}\n", prose(verdict_line(report))));
  add_changes(page, report);
  add_gates(page, report);
  add_failures(page, report);
  add_patch(page, report);
  return page.take();
}

}  // namespace rh::reporters
