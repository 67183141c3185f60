// What the history of a repository holds about earlier runs, in the forms in which it is asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/coverage.h"
#include "runner/model/ids.h"
#include "runner/model/outcome.h"
#include "runner/model/past.h"
#include "runner/model/report.h"

namespace rh::model {

// One recorded run. A history of schema version 1 knew neither counts nor machine: those are zero and
// empty, and `counted` is false.
struct StoredRun {
  RunId id;
  std::chrono::system_clock::time_point started_at;
  std::string git_commit;  // empty outside a repository
  std::string branch;      // empty when it is not known
  bool git_dirty = false;
  std::string preset;
  unsigned jobs = 0;
  std::string machine;  // its class, not its name: machine_class.h
  int exit_code = 0;
  std::string verdict;  // the sentence that explains the exit code
  std::uint64_t gates_blocked = 0;
  std::chrono::nanoseconds wall{};
  bool partial = false;  // not all suites and tests were asked for, or had their turn
  bool counted = true;
  TestCounts counts;  // without subtests
  CoverageTotals coverage;
};

struct StoredSuite {
  SuiteId suite;
  SuiteStatus status = SuiteStatus::not_started;
  std::chrono::nanoseconds wall{};  // of all its steps
  // Of its test steps alone: preparing and building depend on caches.
  std::optional<std::chrono::nanoseconds> test_wall, cpu;
  std::optional<std::uint64_t> peak_memory_bytes;
  std::uint64_t tests = 0, failed = 0;
  std::optional<Ratio> lines;
};

struct StoredTest {
  TestId test;
  Outcome outcome = Outcome::not_run;
  std::uint64_t attempts = 1;
  std::uint64_t flips = 0;  // changes between passing and failing among the attempts
  std::optional<std::chrono::nanoseconds> duration, cpu;
  std::optional<std::uint64_t> peak_memory_bytes;
};

struct StoredRunDetails {
  StoredRun run;
  std::vector<StoredSuite> suites;
  std::vector<StoredTest> tests;  // in the order of their ids
};

// One figure of interest over the runs, oldest first.
struct TrendPoint {
  RunId run;
  std::chrono::system_clock::time_point started_at;
  std::string git_commit;
  bool git_dirty = false;
  std::string machine;
  std::string status;  // outcome of a test, status of a suite, "passed" or "failed" of a run
  bool flaky = false;
  std::optional<std::chrono::nanoseconds> wall, cpu;
  std::optional<std::uint64_t> peak_memory_bytes;
  std::optional<Ratio> lines;
};

enum class TrendKind { run, suite, test, coverage };

struct Trend {
  TrendKind kind = TrendKind::run;
  std::string subject;  // suite or test id; empty for the run as a whole and for its coverage
  std::vector<TrendPoint> points;
};

// A test that did not always give the same answer about the same code.
struct FlakyTest {
  TestId test;
  FlakeRate rate;
  std::uint64_t runs = 0, failures = 0;  // of the window, skipped ones apart
  RunId last_flip;                       // the run with the latest change
  std::chrono::system_clock::time_point last_flip_at;
};

// One entry of the quarantine file.
struct QuarantineRow {
  std::string tests;  // a test id, or a glob over test ids
  Quarantine quarantine;
  std::string since;           // "2026-03-01"; empty: not said
  std::int64_t days_left = 0;  // to the end of the last day; negative: expired
  std::string origin;          // "runharness.quarantine.toml:3"
};

// What a removal of old runs did, or would do.
struct Pruned {
  std::uint64_t runs = 0, runs_left = 0;
  std::uint64_t names = 0;                          // of tests and suites that no run mentions any more
  std::uint64_t bytes_before = 0, bytes_after = 0;  // of the history's file
  std::uint64_t folders = 0, folder_bytes = 0;      // run directories
  std::vector<std::string> kept_folders;            // that were old enough, each with why it stays
  bool dry_run = false;
};

}  // namespace rh::model
