#include "reporters/findings.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include <fmt/core.h>

#include "reporters/plain_text.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {

using model::SuiteStatus;

std::vector<FailedTest> failed_tests(const model::RunReport& report) {
  const std::map<std::string_view, std::string_view> reruns(report.rerun_commands.begin(), report.rerun_commands.end());
  std::vector<FailedTest> failed;
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests) {
      if (!model::is_failure(record.outcome())) continue;
      const auto rerun = reruns.find(record.test.id.value);
      failed.push_back({&suite, &record, rerun == reruns.end() ? std::string() : clean_line(rerun->second, 1000)});
    }
  return failed;
}

std::vector<SlowTest> slowest_tests(const model::RunReport& report, std::size_t count) {
  std::vector<SlowTest> tests;
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests)
      if (const auto duration = record.attempts.back().duration) tests.push_back({&suite, &record, *duration});
  const auto slower = [](const SlowTest& a, const SlowTest& b) { return a.duration > b.duration; };
  std::stable_sort(tests.begin(), tests.end(), slower);
  tests.resize(std::min(tests.size(), count));
  return tests;
}

bool is_suite_failure(SuiteStatus status) {
  return status != SuiteStatus::passed && status != SuiteStatus::failed && status != SuiteStatus::no_tests;
}

const model::StepReport* decisive_step(const model::SuiteReport& suite) {
  const model::StepReport* worst = nullptr;
  for (const model::StepReport& step : suite.steps)
    if (worst == nullptr || step.meaning >= worst->meaning) worst = &step;
  return worst;
}

std::string title_of(const model::TestCase& test) {
  std::string dotted = test.file.substr(0, test.file.rfind('.'));
  std::replace(dotted.begin(), dotted.end(), '/', '.');
  // A class that only repeats the file or the name says nothing.
  const bool says_more = !test.classname.empty() && test.classname != test.file && test.classname != dotted &&
                         !test.name.starts_with(test.classname);
  return clean_line(says_more ? test.classname + " > " + test.name : test.name);
}

std::string file_of(const model::SuiteReport& suite, const model::TestCase& test) {
  if (test.file.empty() || test.file.starts_with('/') || suite.suite.root.empty() || suite.suite.root == ".")
    return clean_line(test.file);
  return clean_line(suite.suite.root + "/" + test.file);
}

std::string place_of(const model::SuiteReport& suite, const model::TestCase& test) {
  const std::string file = file_of(suite, test);
  return file.empty() || !test.line ? file : fmt::format("{}:{}", file, *test.line);
}

std::string ending_text(const model::StepReport& step) {
  std::string text;
  if (step.ending == model::Ending::exited && step.status.exit_code) {
    text = fmt::format("exit code {}", *step.status.exit_code);
  } else if (step.ending == model::Ending::signaled && step.status.signal) {
    const char* name = sigabbrev_np(*step.status.signal);
    text = fmt::format("signal {}{}", *step.status.signal, name == nullptr ? "" : fmt::format(" (SIG{})", name));
  } else {
    text = words_of(model::name_of(step.ending));
  }
  if (!step.ending_detail.empty()) text += fmt::format(" ({})", clean_line(step.ending_detail));
  return text;
}

std::string words_of(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string verdict_line(const model::RunReport& report) {
  const model::TestCounts& counts = report.counts;
  const auto plural = [](std::uint64_t n, std::string_view noun) {
    return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
  };
  // What failed in quarantine does not count; what a gate tolerates is told behind the verdict.
  const std::uint64_t all_failures = counts.failed + counts.errored;
  const std::uint64_t failures = all_failures - std::min(counts.quarantined, all_failures);
  const bool good = report.exit_code == 0;
  const std::string tests = good || failures == 0 ? plural(counts.total, "test")
                                                  : fmt::format("{} of {}", failures, plural(counts.total, "test"));
  std::string line = fmt::format("{} {} in {}, {}", good ? "PASSED" : "FAILED", tests,
                                 plural(report.suites.size(), "suite"), format_duration(report.wall));
  if (good && failures > 0) line += fmt::format(", {} failed", failures);
  if (counts.quarantined > 0) line += fmt::format(", {} failed in quarantine", counts.quarantined);
  if (counts.skipped > 0) line += fmt::format(", {} skipped", counts.skipped);
  if (counts.flaky > 0) line += fmt::format(", {} flaky", counts.flaky);
  if (report.exit_code != 0)
    line += fmt::format(": {} (exit code {})", clean_line(report.exit_reason), report.exit_code);
  if (!report.complete) line += ". The run did not finish: this is what its log holds";
  return line;
}

namespace {

// Every mechanism once, in its weakest state over all suites.
std::vector<model::IsolationRow> weakest_rows(const model::RunReport& report) {
  const auto rank = [](model::MechanismState state) {
    return state == model::MechanismState::not_requested ? -1 : static_cast<int>(state);
  };
  std::vector<model::IsolationRow> rows;
  for (const model::SuiteReport& suite : report.suites)
    for (const model::IsolationRow& row : suite.isolation.rows) {
      const auto same = [&](const model::IsolationRow& other) { return other.mechanism == row.mechanism; };
      const auto known = std::find_if(rows.begin(), rows.end(), same);
      if (known == rows.end())
        rows.push_back(row);
      else if (rank(row.state) > rank(known->state))
        *known = row;
    }
  return rows;
}

std::string listed(const std::vector<model::IsolationRow>& rows, model::MechanismState state) {
  // One missing ability of the host often takes several mechanisms with it: each reason is said once.
  std::vector<std::pair<std::string, std::string>> groups;  // reason, mechanisms
  std::size_t count = 0;
  for (const model::IsolationRow& row : rows) {
    if (row.state != state) continue;
    ++count;
    const std::string reason = clean_line(row.reason, 120);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& each) { return each.first == reason; });
    if (group == groups.end()) group = groups.insert(groups.end(), {reason, ""});
    group->second += (group->second.empty() ? "" : ", ") + clean_line(row.mechanism, 60);
  }
  std::string list;
  for (const auto& [reason, mechanisms] : groups)
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", mechanisms, reason);
  return count == 0 ? std::string() : fmt::format(", {} {}: {}", count, model::name_of(state), list);
}

std::string_view sign_of(model::Scope scope) {
  switch (scope) {
    case model::Scope::sampled:
      return "~";
    case model::Scope::shared_window:
      return "<=";
    case model::Scope::lower_bound:
      return ">=";
    case model::Scope::unknown:
    case model::Scope::exact_process:
    case model::Scope::exact_window:
      break;
  }
  return "";
}

}  // namespace

std::string isolation_line(const model::RunReport& report) {
  const std::vector<model::IsolationRow> rows = weakest_rows(report);
  if (rows.empty()) return "isolation: nothing ran";
  auto level = model::IsolationLevel::strict;
  for (const model::SuiteReport& suite : report.suites)
    if (!suite.isolation.rows.empty()) level = std::min(level, suite.isolation.reached);
  const auto enforced = std::count_if(rows.begin(), rows.end(),
                                      [](const auto& row) { return row.state == model::MechanismState::enforced; });
  return fmt::format("isolation: {} - {} enforced{}{}", model::name_of(level), enforced,
                     listed(rows, model::MechanismState::degraded), listed(rows, model::MechanismState::refused));
}

std::string figure_text(const model::CpuFigure& figure) {
  return figure.value ? fmt::format("{}{}", sign_of(figure.scope), format_duration(*figure.value)) : "-";
}

std::string figure_text(const model::BytesFigure& figure) {
  return figure.value ? fmt::format("{}{}", sign_of(figure.scope), format_size(*figure.value)) : "-";
}

}  // namespace rh::reporters
