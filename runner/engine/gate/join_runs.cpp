#include "runner/engine/gate/join_runs.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/core.h>

#include "collectors/coverage/merge.h"
#include "runner/engine/fold.h"

namespace rh::engine {

using namespace rh::model;

namespace {

using std::chrono::nanoseconds;

// Moves every instant of a report: its own clock is that of its machine.
void shift(RunReport& run, nanoseconds by) {
  for (SuiteReport& suite : run.suites) {
    for (StepReport& step : suite.steps) step.started += by;
    for (TestRecord& record : suite.tests)
      for (Attempt& attempt : record.attempts)
        if (attempt.start) *attempt.start += by;
    for (std::int64_t& t_ns : suite.samples.t_ns) t_ns += by.count();
    for (SampleGap& gap : suite.samples.gaps) gap.from += by, gap.to += by;
  }
  run.run.started += by;
}

template <class T>
Figure<T> sum(const Figure<T>& a, const Figure<T>& b) {
  if (!a.value) return a;
  if (!b.value) return b;
  Figure<T> total{*a.value + *b.value, std::max(a.scope, b.scope), a.source, a.reason};
  if (total.reason.empty()) total.reason = b.reason;
  return total;
}

template <class T>
Figure<T> larger(const Figure<T>& a, const Figure<T>& b) {
  if (!a.value) return a;
  if (!b.value) return b;
  return *a.value < *b.value ? b : a;
}

// Shards run on machines of their own: times add up, peaks do not.
ProcessUsage join(const ProcessUsage& a, const ProcessUsage& b) {
  return {a.wall + b.wall,
          sum(a.user_cpu, b.user_cpu),
          sum(a.system_cpu, b.system_cpu),
          larger(a.peak_memory, b.peak_memory),
          larger(a.max_processes, b.max_processes),
          sum(a.read_bytes, b.read_bytes),
          sum(a.written_bytes, b.written_bytes)};
}

int badness(SuiteStatus status) {
  switch (status) {
    case SuiteStatus::passed:
      return 1;
    case SuiteStatus::no_tests:
      return 0;  // a shard may well be empty; all of them being so is another thing
    case SuiteStatus::failed:
      return 2;
    case SuiteStatus::not_started:
      return 3;
    case SuiteStatus::cancelled:
      return 4;
    case SuiteStatus::crashed:
      return 5;
    case SuiteStatus::limit:
      return 6;
    case SuiteStatus::unavailable:
      return 7;
    case SuiteStatus::broken:
      return 8;
  }
  return 8;
}

std::optional<RunnerFinished> join(const std::optional<RunnerFinished>& a, const std::optional<RunnerFinished>& b) {
  if (!a || !b) return std::nullopt;  // half a total is none
  RunnerFinished total;
  for (auto member : {&RunnerFinished::tests, &RunnerFinished::passed, &RunnerFinished::failed,
                      &RunnerFinished::skipped, &RunnerFinished::errors, &RunnerFinished::expected_failures,
                      &RunnerFinished::unexpected_passes, &RunnerFinished::subtests})
    if ((*a).*member && (*b).*member) total.*member = *((*a).*member) + *((*b).*member);
  return total;
}

void add_tests(SuiteReport& into, std::vector<TestRecord> tests) {
  std::unordered_map<std::string, unsigned> seen;
  for (const TestRecord& record : into.tests) seen[record.test.id.value] = 1;
  for (TestRecord& record : tests) {
    const std::string id = record.test.id.value;
    for (unsigned number = 2; seen.contains(record.test.id.value); ++number)
      record.test.id.value = fmt::format("{}#{}", id, number);
    seen[record.test.id.value] = 1;
    into.tests.push_back(std::move(record));
  }
}

void add_coverage(CoverageReport& into, CoverageReport coverage) {
  if (coverage.files.empty()) return;
  if (into.files.empty()) {
    into = std::move(coverage);
    return;
  }
  collectors::merge_into(into.files, std::move(coverage.files));
  into.divergent = collectors::divergent_paths(into.files);
  collectors::settle_texts(into.files);
  into.totals = collectors::totals_of(into.files);
  if (into.tool != coverage.tool) into.tool.clear();
  for (std::string& path : coverage.unresolved)
    if (std::find(into.unresolved.begin(), into.unresolved.end(), path) == into.unresolved.end())
      into.unresolved.push_back(std::move(path));
}

void add_suite(SuiteReport& into, SuiteReport suite) {
  if (badness(suite.status) > badness(into.status)) {
    into.status = suite.status;
    into.status_reason = std::move(suite.status_reason);
  }
  std::move(suite.steps.begin(), suite.steps.end(), std::back_inserter(into.steps));
  add_tests(into, std::move(suite.tests));
  into.counts = count_tests(into.tests);
  into.native = join(into.native, suite.native);
  into.wall += suite.wall;
  into.usage = join(into.usage, suite.usage);
  weaken(into.isolation, suite.isolation);
  // Curves of two machines are no curve; those of the first one stay.
  add_coverage(into.coverage, std::move(suite.coverage));
}

}  // namespace

void join_runs(RunReport& into, std::vector<RunReport> runs) {
  if (runs.empty()) return;
  std::stable_sort(runs.begin(), runs.end(),
                   [](const RunReport& a, const RunReport& b) { return a.run.started_at < b.run.started_at; });
  const RunInfo first = runs.front().run;
  into.run = first;
  std::map<SuiteId, std::size_t> index;
  for (RunReport& run : runs) {
    const auto later = std::chrono::duration_cast<nanoseconds>(run.run.started_at - first.started_at);
    shift(run, first.started + later - run.run.started);
    into.wall = std::max(into.wall, later + run.wall);
    for (SuiteReport& suite : run.suites) {
      const auto [place, added] = index.try_emplace(suite.suite.id, into.suites.size());
      if (added)
        into.suites.push_back(std::move(suite));
      else
        add_suite(into.suites[place->second], std::move(suite));
    }
    std::move(run.diagnostics.begin(), run.diagnostics.end(), std::back_inserter(into.diagnostics));
    std::move(run.rerun_commands.begin(), run.rerun_commands.end(), std::back_inserter(into.rerun_commands));
  }
  for (const SuiteReport& suite : into.suites) add_coverage(into.coverage, suite.coverage);
  into.coverage.tool.clear();
}

}  // namespace rh::engine
