// RunReport: everything known about one run. A pure fold of the run's events; every reporter is a
// pure function of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/attempt.h"
#include "runner/model/coverage.h"
#include "runner/model/diagnostic.h"
#include "runner/model/gate.h"
#include "runner/model/isolation.h"
#include "runner/model/past.h"
#include "runner/model/patch.h"
#include "runner/model/result_event.h"
#include "runner/model/samples.h"
#include "runner/model/source_text.h"
#include "runner/model/step.h"
#include "runner/model/suite.h"
#include "runner/model/test_map.h"
#include "runner/model/test_profile.h"
#include "runner/model/test_selection.h"
#include "runner/model/usage.h"

namespace rh::model {

// Raised when an old reader would misread a new report.
constexpr unsigned kReportSchemaVersion = 1;

struct Machine {
  std::string hostname;
  std::string kernel;  // "Linux 6.1.0-18-amd64 x86_64"
  std::string os;      // PRETTY_NAME of os-release
  std::string cpu_model;
  unsigned cores = 0;  // usable by this process
  std::uint64_t memory_bytes = 0;
};

struct RunInfo {
  RunId id;
  std::string runharness_version;
  std::vector<std::string> argv;
  std::string preset;
  std::string repository_root;  // absolute
  std::string directory;        // absolute run directory
  std::string git_commit;       // empty outside a repository
  bool git_dirty = false;
  std::chrono::system_clock::time_point started_at;
  std::chrono::nanoseconds started{};  // CLOCK_MONOTONIC, the zero of every offset in reports
  unsigned jobs = 1;
  std::chrono::nanoseconds sample_interval{};
  Machine machine;
};

enum class SuiteStatus {
  passed,
  failed,  // tests failed
  no_tests,
  broken,       // build, collection or prepare failed
  crashed,      // died, lost tests or contradicted itself
  limit,        // ended by one of its limits (see ending)
  unavailable,  // its tool is missing
  cancelled,
  not_started,  // the run ended before its turn
};

struct TestCounts {
  std::uint64_t total = 0;  // TestKind::test only
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;  // failed + timed_out + crashed + not_run
  std::uint64_t errored = 0;
  std::uint64_t skipped = 0;
  std::uint64_t expected_failures = 0;
  std::uint64_t unexpected_passes = 0;
  std::uint64_t flaky = 0;  // of the passed ones
  std::uint64_t subtests = 0;
  std::uint64_t subtests_failed = 0;
  std::uint64_t quarantined = 0;  // of the failed ones: failures that do not count against the run
  bool operator==(const TestCounts&) const = default;
};

struct LeftoverProcess {
  std::int64_t pid = 0;  // in the host's numbering
  std::string command;
};

struct StepReport {
  std::string name;
  StepKind kind = StepKind::test;
  std::vector<std::string> argv;
  std::string cwd;
  Ending ending = Ending::internal;
  WaitStatus status;
  StepMeaning meaning = StepMeaning::ok;
  std::string ending_detail;           // what enforced the ending: "cgroup v1 memory: oom_kill 1"
  std::chrono::nanoseconds started{};  // CLOCK_MONOTONIC
  ProcessUsage usage;
  IsolationReport isolation;
  std::vector<int> signals_sent;
  std::vector<LeftoverProcess> leftovers;  // killed after the main process ended
  std::optional<std::uint64_t> oom_kills;  // absent: not countable on this host
  std::uint64_t output_bytes = 0;          // produced, also beyond what was kept
  bool output_truncated = false;
  std::string stdout_file, stderr_file;  // relative to the run directory
  std::string output_tail;               // last lines of stdout and stderr, for failures
};

struct SuiteReport {
  Suite suite;
  SuiteStatus status = SuiteStatus::not_started;
  std::string status_reason;  // one sentence for a person
  std::vector<StepReport> steps;
  std::vector<TestRecord> tests;
  TestCounts counts;
  std::optional<RunnerFinished> native;  // the runner's own totals
  std::chrono::nanoseconds wall{};       // all steps
  ProcessUsage usage;                    // of the build and test steps; prepare is apart
  IsolationReport isolation;             // of the test steps (weakest row wins)
  SampleSeries samples;
  CoverageReport coverage;
  TestMap test_map;
  SuiteProfile profile;
  TestSelection selection;         // coverage and totals are partial unless `all`
  std::vector<std::string> rerun;  // argv prefix shown to a person; filled per test by `rerun_commands`
};

struct RunReport {
  unsigned schema_version = kReportSchemaVersion;
  RunInfo run;
  std::vector<SuiteReport> suites;  // in the order of the plan
  TestCounts counts;
  CoverageReport coverage;  // merged over all suites
  std::optional<PatchReport> patch;
  std::optional<BaseRun> base;
  std::vector<GateVerdict> gates;
  std::vector<Diagnostic> diagnostics;
  std::chrono::nanoseconds wall{};
  bool complete = false;  // false: rebuilt from the log of a run that did not finish
  int exit_code = 0;
  std::string exit_reason;                                          // one sentence
  std::vector<std::pair<std::string, std::string>> rerun_commands;  // TestId -> shell command, failed tests only
  std::vector<SourceText> sources{};  // of covered files; neither in the event log nor in report.json
};

}  // namespace rh::model
