#include "reporters/problems.h"

#include <algorithm>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/plain_text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxDetailLines = 40;
constexpr std::size_t kMaxDetailBytes = 4000;

void add_suites(std::vector<Problem>& problems, const model::RunReport& report) {
  for (const model::SuiteReport& suite : report.suites) {
    if (!is_suite_failure(suite.status)) continue;
    const std::string id = clean_line(suite.suite.id.value);
    std::string message = clean_line(suite.status_reason);
    if (const model::StepReport* step = decisive_step(suite); step != nullptr && !step->output_tail.empty())
      message += "\n" + clean_block(step->output_tail, kMaxDetailLines, kMaxDetailBytes);
    problems.push_back({ProblemLevel::error, "suite-broken", "suite:" + id, "", 0, 0,
                        fmt::format("{}: {}", id, words_of(model::name_of(suite.status))), std::move(message)});
  }
}

Problem problem_of_test(const model::SuiteReport& suite, const model::TestRecord& record) {
  const model::Attempt& attempt = record.attempts.back();
  Problem problem;
  problem.rule = "test-failed";
  problem.identity = "test:" + clean_line(record.test.id.value, 2000);
  problem.path = file_of(suite, record.test);
  problem.line = problem.end_line = problem.path.empty() ? 0 : record.test.line.value_or(0);
  problem.title = fmt::format("{} {}", title_of(record.test), words_of(model::name_of(attempt.outcome)));
  problem.message = clean_line(attempt.message, 1000);
  if (!attempt.details.empty())
    problem.message +=
        (problem.message.empty() ? "" : "\n") + clean_block(attempt.details, kMaxDetailLines, kMaxDetailBytes);
  if (problem.message.empty()) problem.message = problem.title;
  if (record.quarantine && !record.quarantine->expired) {
    problem.level = ProblemLevel::warning;
    problem.title += fmt::format(" (in quarantine until {})", clean_line(record.quarantine->expires, 40));
  }
  return problem;
}

void add_tests(std::vector<Problem>& problems, const model::RunReport& report) {
  for (const FailedTest& failed : failed_tests(report)) {
    Problem problem = problem_of_test(*failed.suite, *failed.record);
    if (!failed.rerun.empty()) problem.message += "\nRun it again: " + failed.rerun;
    problems.push_back(std::move(problem));
  }
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests) {
      if (!record.flaky()) continue;
      Problem problem = problem_of_test(suite, record);
      problem.level = ProblemLevel::warning;
      problem.rule = "test-flaky";
      problem.title = fmt::format("{} is flaky", title_of(record.test));
      problem.message = fmt::format("It passed at attempt {}. {}", record.attempts.size(),
                                    clean_line(record.attempts.front().message, 1000));
      problems.push_back(std::move(problem));
    }
}

ProblemLevel level_of(const model::GateVerdict& gate) {
  if (gate.blocks) return ProblemLevel::error;
  return gate.level == model::GateLevel::info ? ProblemLevel::notice : ProblemLevel::warning;
}

// Each file that caused a verdict gets a place of its own; a verdict without files one about the run.
void add_gates(std::vector<Problem>& problems, const model::RunReport& report) {
  for (const model::GateVerdict& gate : report.gates) {
    if (gate.state == model::GateState::passed) continue;
    const std::string title = fmt::format("gate {} ({})", clean_line(gate.rule), clean_line(gate.scope));
    const std::string message = clean_line(gate.message, 1000);
    if (gate.culprits.empty())
      problems.push_back(
          {level_of(gate), "gate-failed", "gate:" + gate.rule + ":" + gate.scope, "", 0, 0, title, message});
    for (const model::GateEvidence& culprit : gate.culprits) {
      const model::LineRange first = culprit.lines.empty() ? model::LineRange{} : culprit.lines.front();
      const std::string note = clean_line(culprit.note);
      problems.push_back({level_of(gate), "gate-failed", "gate:" + gate.rule + ":" + gate.scope + ":" + culprit.subject,
                          clean_line(culprit.subject, 4096), first.first, first.last, title,
                          note.empty() ? message : fmt::format("{}\n{}", note, message)});
    }
  }
}

void add_patch_lines(std::vector<Problem>& problems, const model::PatchFile& file) {
  for (std::size_t i = 0; i < file.lines.size();) {
    const model::PatchLine first = file.lines[i];
    std::uint32_t last = first.line;
    for (++i; i < file.lines.size() && file.lines[i].line == last + 1 && file.lines[i].state == first.state; ++i)
      last = file.lines[i].line;
    const bool partial = first.state == model::PatchLineState::partial;
    if (!partial && first.state != model::PatchLineState::uncovered) continue;
    const std::string where =
        last == first.line ? fmt::format("line {}", last) : fmt::format("lines {} to {}", first.line, last);
    problems.push_back({ProblemLevel::notice, "patch-uncovered", fmt::format("patch:{}:{}", file.path, first.line),
                        clean_line(file.path, 4096), first.line, last,
                        partial ? "changed branch is not tested" : "changed code is not tested",
                        partial ? fmt::format("Tests reach {}, but not all of its branches.", where)
                                : fmt::format("No test reaches {}.", where)});
  }
}

void add_diagnostics(std::vector<Problem>& problems, const model::RunReport& report) {
  for (const model::Diagnostic& diagnostic : report.diagnostics) {
    if (diagnostic.severity == model::Severity::info) continue;
    const std::string subject = clean_line(diagnostic.subject);
    problems.push_back({diagnostic.severity == model::Severity::error ? ProblemLevel::error : ProblemLevel::warning,
                        "diagnostic", "diagnostic:" + diagnostic.code + ":" + subject, "", 0, 0,
                        clean_line(diagnostic.code),
                        subject.empty() ? clean_line(diagnostic.message, 1000)
                                        : fmt::format("{}: {}", subject, clean_line(diagnostic.message, 1000))});
  }
}

}  // namespace

std::vector<Problem> problems_of(const model::RunReport& report) {
  std::vector<Problem> problems;
  add_suites(problems, report);
  add_tests(problems, report);
  add_gates(problems, report);
  add_diagnostics(problems, report);
  if (report.patch)
    for (const model::PatchFile& file : report.patch->files) add_patch_lines(problems, file);
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.level < b.level; });
  return problems;
}

}  // namespace rh::reporters
