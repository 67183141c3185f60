// Runs as the history records them, in a few words.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runner/base/clock.h"
#include "runner/model/report.h"

namespace rh::engine::testing {

struct GivenTest {
  std::string name;
  std::vector<model::Outcome> attempts{model::Outcome::passed};
  std::chrono::nanoseconds duration{1'000'000};
};

struct GivenRun {
  std::string id;
  std::string commit = "c1";
  bool dirty = false;
  std::chrono::nanoseconds wall = std::chrono::seconds(2);  // of the suite's test step
  std::vector<GivenTest> tests{{"t", {model::Outcome::passed}, std::chrono::milliseconds(1)}};
  std::string preset = "ci";
  unsigned cores = 4;
  std::chrono::system_clock::time_point started = wall_now();
  model::SuiteStatus status = model::SuiteStatus::passed;
};

inline model::TestRecord record_of(const GivenTest& given) {
  model::TestRecord record;
  record.test.id.value = "a:pytest::f.py::" + given.name;
  for (const model::Outcome outcome : given.attempts) {
    model::Attempt& attempt = record.attempts.emplace_back();
    attempt.outcome = outcome;
    attempt.duration = given.duration;
    attempt.usage.cpu = {given.duration, model::Scope::exact_window, "clock", ""};
    attempt.usage.peak_memory = {64U << 20, model::Scope::exact_window, "VmHWM", ""};
  }
  return record;
}

inline model::RunReport report_of(const GivenRun& given) {
  model::RunReport report;
  report.run.id.value = given.id;
  report.run.git_commit = given.commit;
  report.run.git_dirty = given.dirty;
  report.run.preset = given.preset;
  report.run.started_at = given.started;
  report.run.jobs = 2;
  report.run.machine.cores = given.cores;
  report.run.machine.cpu_model = "Fast CPU";
  report.run.machine.kernel = "Linux 6.1.0-18-amd64 x86_64";
  report.run.machine.memory_bytes = 15ULL << 30;
  report.exit_code = 0;
  report.exit_reason = "all is well";
  report.wall = given.wall + std::chrono::seconds(1);
  report.coverage.totals.lines = model::Ratio{200, 150};
  model::SuiteReport& suite = report.suites.emplace_back();
  suite.suite.id.value = "a:pytest";
  suite.status = given.status;
  suite.wall = given.wall + std::chrono::seconds(30);
  for (const model::StepKind kind : {model::StepKind::prepare, model::StepKind::test}) {
    model::StepReport& step = suite.steps.emplace_back();
    step.kind = kind;
    step.usage.wall = kind == model::StepKind::test ? given.wall : std::chrono::seconds(30);
    step.usage.user_cpu = {given.wall / 2, model::Scope::exact_process, "cgroup", ""};
    step.usage.system_cpu = {std::chrono::milliseconds(10), model::Scope::exact_process, "cgroup", ""};
    step.usage.peak_memory = {128U << 20, model::Scope::exact_process, "cgroup", ""};
  }
  for (const GivenTest& test : given.tests) suite.tests.push_back(record_of(test));
  report.counts.total = suite.tests.size();
  report.counts.passed = suite.tests.size();
  return report;
}

}  // namespace rh::engine::testing
