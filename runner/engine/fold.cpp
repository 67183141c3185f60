#include "runner/engine/fold.h"

#include <algorithm>

#include "collectors/coverage/merge.h"
#include "collectors/sampling/sampler.h"

namespace rh::engine {

using namespace rh::model;

TestCounts count_tests(const std::vector<TestRecord>& tests) {
  TestCounts counts;
  for (const TestRecord& record : tests) {
    const Outcome outcome = record.outcome();
    if (record.test.kind == TestKind::subtest) {
      ++counts.subtests;
      if (is_failure(outcome)) ++counts.subtests_failed;
      continue;
    }
    ++counts.total;
    if (record.flaky()) ++counts.flaky;
    if (is_failure(outcome) && record.quarantine && !record.quarantine->expired) ++counts.quarantined;
    switch (outcome) {
      case Outcome::passed:
        ++counts.passed;
        break;
      case Outcome::errored:
        ++counts.errored;
        break;
      case Outcome::skipped:
        ++counts.skipped;
        break;
      case Outcome::expected_failure:
        ++counts.expected_failures;
        break;
      case Outcome::unexpected_pass:
        ++counts.unexpected_passes;
        break;
      case Outcome::failed:
      case Outcome::crashed:
      case Outcome::timed_out:
      case Outcome::not_run:
        ++counts.failed;
        break;
    }
  }
  return counts;
}

TestCounts operator+(const TestCounts& a, const TestCounts& b) {
  TestCounts sum = a;
  sum.total += b.total;
  sum.passed += b.passed;
  sum.failed += b.failed;
  sum.errored += b.errored;
  sum.skipped += b.skipped;
  sum.expected_failures += b.expected_failures;
  sum.unexpected_passes += b.unexpected_passes;
  sum.flaky += b.flaky;
  sum.subtests += b.subtests;
  sum.subtests_failed += b.subtests_failed;
  sum.quarantined += b.quarantined;
  return sum;
}

void weaken(IsolationReport& into, const IsolationReport& other) {
  if (into.rows.empty()) {
    into = other;
    return;
  }
  const auto weakness = [](MechanismState state) {
    switch (state) {
      case MechanismState::enforced:
        return 1;
      case MechanismState::degraded:
        return 2;
      case MechanismState::refused:
        return 3;
      case MechanismState::not_requested:
        return 0;
    }
    return 0;
  };
  into.reached = std::min(into.reached, other.reached);
  for (const IsolationRow& row : other.rows) {
    const auto same = std::find_if(into.rows.begin(), into.rows.end(),
                                   [&](const IsolationRow& candidate) { return candidate.mechanism == row.mechanism; });
    if (same == into.rows.end())
      into.rows.push_back(row);
    else if (weakness(row.state) > weakness(same->state))
      *same = row;
  }
}

SuiteReport& ReportFold::suite(const SuiteId& id) {
  const auto [place, added] = index_.try_emplace(id, report_.suites.size());
  if (added) {
    report_.suites.emplace_back();
    report_.suites.back().suite.id = id;
  }
  return report_.suites[place->second];
}

void ReportFold::apply(const RunEvent& event) {
  std::visit([this](const auto& alternative) { on(alternative); }, event);
}

void ReportFold::on(const RunStarted& event) { report_.run = event.run; }

void ReportFold::on(const SuitePlanned& event) { suite(event.suite.id).suite = event.suite; }

void ReportFold::on(const SuiteStarted& event) {
  SuiteReport& target = suite(event.suite);
  target.suite.tool = event.tool;
  target.status = SuiteStatus::cancelled;  // until it is finished: a killed run leaves it so
  target.status_reason = "the run ended before this suite did";
}

void ReportFold::on(const StepStarted&) {}

void ReportFold::on(const StepFinished& event) {
  SuiteReport& target = suite(event.suite);
  target.steps.push_back(event.step);
  if (event.step.kind == StepKind::test) weaken(target.isolation, event.step.isolation);
}

void ReportFold::on(const TestStarted& event) { open_[event.test.id] = {event.suite, event}; }

void ReportFold::on(const TestFinished& event) {
  open_.erase(event.test.id);
  SuiteReport& target = suite(event.suite);
  const auto [place, added] = tests_.try_emplace(event.test.id.value, index_.at(event.suite), target.tests.size());
  if (added) target.tests.push_back({event.test, {}});
  target.tests[place->second.second].attempts.push_back(event.attempt);
  auto& commands = report_.rerun_commands;
  if (!added) std::erase_if(commands, [&](const auto& entry) { return entry.first == event.test.id.value; });
  if (is_failure(event.attempt.outcome) && !event.rerun_command.empty())
    commands.emplace_back(event.test.id.value, event.rerun_command);
}

void ReportFold::on(const NativeCounts& event) { suite(event.suite).native = event.counts; }

void ReportFold::on(const SamplesStored&) {}

void ReportFold::on(const CoverageStored& event) {
  CoverageReport& coverage = suite(event.suite).coverage;
  coverage.tool = event.tool;
  coverage.basis = event.basis;
  coverage.reason = event.reason;
  coverage.totals = event.totals;
  coverage.unresolved = event.unresolved;
}

void ReportFold::on(const CoverageFileSeen& event) { suite(event.suite).coverage.files.push_back(event.file); }

void ReportFold::on(const SuiteFinished& event) {
  SuiteReport& target = suite(event.suite);
  target.status = event.status;
  target.status_reason = event.reason;
  target.wall = event.wall;
  target.usage = event.usage;
}

void ReportFold::on(const DiagnosticRaised& event) { report_.diagnostics.push_back(event.diagnostic); }

void ReportFold::on(const GateJudged& event) { report_.gates.push_back(event.verdict); }

void ReportFold::on(const RunFinished& event) {
  report_.complete = true;
  report_.exit_code = event.exit_code;
  report_.exit_reason = event.reason;
  report_.wall = event.at - report_.run.started;
}

void ReportFold::on(const TestMapStored& event) { suite(event.suite).test_map = event.map; }
void ReportFold::on(const TestsSelected& event) { suite(event.suite).selection = event.selection; }

void ReportFold::on(const TestAnnotated& event) {
  const auto place = tests_.find(event.test.value);
  if (place == tests_.end()) return;
  TestRecord& record = report_.suites[place->second.first].tests[place->second.second];
  record.past = event.past;
  record.flake_rate = event.flake_rate;
  record.quarantine = event.quarantine;
}

void ReportFold::on(const StepProfiled& event) {
  SuiteProfile& profile = suite(event.suite).profile;
  profile.steps.push_back(event.profile);
  for (const PhaseTime& phase : event.profile.phases) {
    const auto same = std::find_if(profile.phases.begin(), profile.phases.end(),
                                   [&](const PhaseTime& known) { return known.phase == phase.phase; });
    if (same == profile.phases.end()) {
      profile.phases.push_back(phase);
      continue;
    }
    same->cpu_ns += phase.cpu_ns;
    same->wall_ns += phase.wall_ns;
  }
}

void ReportFold::on(const TestProfiled& event) {
  const auto place = tests_.find(event.test.value);
  if (place != tests_.end()) report_.suites[place->second.first].tests[place->second.second].profile = event.profile;
}

void ReportFold::on(const PatchCompared& event) { report_.patch = event.patch; }

void ReportFold::on(const BaseFound& event) { report_.base = event.base; }

void ReportFold::add_series(SampleSeries series) {
  SuiteReport& target = suite(series.suite);
  if (target.samples.t_ns.empty())
    target.samples = std::move(series);
  else
    collectors::append_series(target.samples, series);
}

RunReport ReportFold::report() const {
  RunReport report = report_;
  // Tests that were running when the log stopped: named, never lost.
  for (const auto& [id, begun] : open_) {
    Attempt attempt;
    attempt.outcome = Outcome::not_run;
    attempt.start = begun.second.at;
    attempt.message = "the run ended while this test was running";
    report.suites[index_.at(begun.first)].tests.push_back({begun.second.test, {attempt}});
  }
  report.counts = {};
  report.coverage = {};
  for (SuiteReport& each : report.suites) {
    each.counts = count_tests(each.tests);
    report.counts = report.counts + each.counts;
    collectors::merge_into(report.coverage.files, each.coverage.files);
    for (const std::string& path : each.coverage.unresolved) report.coverage.unresolved.push_back(path);
  }
  report.coverage.totals = collectors::totals_of(report.coverage.files);
  if (report.coverage.files.empty()) report.coverage.reason = "no suite gave coverage";
  return report;
}

}  // namespace rh::engine
