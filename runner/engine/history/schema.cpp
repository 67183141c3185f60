#include "runner/engine/history/schema.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "runner/model/names.h"

namespace rh::engine {
namespace {

using model::Outcome;

constexpr std::pair<Outcome, std::int64_t> kOutcomes[] = {
    {Outcome::passed, 0},          {Outcome::skipped, 1},    {Outcome::expected_failure, 2},
    {Outcome::unexpected_pass, 3}, {Outcome::failed, 8},     {Outcome::errored, 9},
    {Outcome::crashed, 10},        {Outcome::timed_out, 11}, {Outcome::not_run, 12}};

// A row of `results` is written for each test of each run, so it is small: names are numbers, times are whole
// microseconds, memory is KiB, and the rows of one run lie side by side, which makes recording an append.
// SQLite stores 0 and 1 in no bytes at all.
constexpr const char* kTables = R"sql(
CREATE TABLE machines (id INTEGER PRIMARY KEY, class TEXT NOT NULL UNIQUE);
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE outcomes (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_ms INTEGER NOT NULL,
  git_commit TEXT NOT NULL, branch TEXT NOT NULL, dirty INTEGER NOT NULL,
  preset TEXT NOT NULL, jobs INTEGER NOT NULL, machine INTEGER NOT NULL,
  exit_code INTEGER NOT NULL, verdict TEXT NOT NULL, gates_blocked INTEGER NOT NULL, wall_ns INTEGER NOT NULL,
  partial INTEGER NOT NULL, tests INTEGER, passed INTEGER, failed INTEGER, errored INTEGER, skipped INTEGER, expected_failures INTEGER,
  unexpected_passes INTEGER, flaky INTEGER, quarantined INTEGER,
  lines_found INTEGER, lines_hit INTEGER, branches_found INTEGER, branches_hit INTEGER,
  functions_found INTEGER, functions_hit INTEGER, statements_found INTEGER, statements_hit INTEGER,
  regions_found INTEGER, regions_hit INTEGER);
CREATE INDEX runs_by_commit ON runs(git_commit);
CREATE TABLE suites (
  run INTEGER NOT NULL, suite INTEGER NOT NULL, selection INTEGER NOT NULL, status TEXT NOT NULL,
  wall_ns INTEGER NOT NULL, test_wall_ns INTEGER, cpu_ns INTEGER, peak_memory_bytes INTEGER,
  tests INTEGER NOT NULL, failed INTEGER NOT NULL, lines_found INTEGER, lines_hit INTEGER,
  PRIMARY KEY (run, suite)) WITHOUT ROWID;
CREATE INDEX suites_by_name ON suites(suite, run);
CREATE TABLE results (
  run INTEGER NOT NULL, test INTEGER NOT NULL, outcome INTEGER NOT NULL, attempts INTEGER NOT NULL,
  flips INTEGER NOT NULL, wall_us INTEGER, cpu_us INTEGER, peak_kib INTEGER,
  PRIMARY KEY (run, test)) WITHOUT ROWID;
CREATE INDEX troubles ON results(test, run) WHERE outcome >= 8 OR flips > 0;
CREATE VIEW test_results AS
  SELECT runs.id AS run, runs.git_commit, names.name AS test, outcomes.name AS outcome, attempts, flips,
         wall_us / 1e6 AS wall_s, cpu_us / 1e6 AS cpu_s, peak_kib
  FROM results JOIN runs ON runs.number = results.run JOIN names ON names.id = results.test
  JOIN outcomes ON outcomes.id = results.outcome;
)sql";

// Version 1 kept full texts in every row and knew neither machine nor counts.
constexpr const char* kSetAsideVersion1 = R"sql(
ALTER TABLE runs RENAME TO runs_1;
ALTER TABLE suites RENAME TO suites_1;
ALTER TABLE tests RENAME TO tests_1;
DROP INDEX IF EXISTS suites_by_name;
DROP INDEX IF EXISTS tests_by_name;
)sql";

// Whether a work tree was clean was not recorded: such runs count as changed, so no two of them are the same code.
constexpr const char* kTakeOverVersion1 = R"sql(
INSERT INTO machines (id, class) VALUES (1, '');
INSERT INTO names (id, name) VALUES (1, '');
INSERT INTO runs
  (id, started_ms, git_commit, branch, dirty, preset, jobs, machine, exit_code, verdict, gates_blocked, wall_ns,
   partial)
  SELECT id, CAST(round((julianday(started_at) - 2440587.5) * 86400000) AS INTEGER), git_commit, '', 1, preset, 0, 1,
         exit_code, '', 0, wall_ns, 1
  FROM runs_1 WHERE julianday(started_at) IS NOT NULL ORDER BY id;
INSERT OR IGNORE INTO names (name) SELECT DISTINCT suite FROM suites_1;
INSERT OR IGNORE INTO names (name) SELECT DISTINCT test FROM tests_1;
INSERT INTO suites (run, suite, selection, status, wall_ns, cpu_ns, peak_memory_bytes, tests, failed)
  SELECT runs.number, names.id, 1, status, suites_1.wall_ns, cpu_ns, peak_memory_bytes, suites_1.tests, suites_1.failed
  FROM suites_1 JOIN runs ON runs.id = suites_1.run JOIN names ON names.name = suites_1.suite;
INSERT INTO results (run, test, outcome, attempts, flips, wall_us, cpu_us, peak_kib)
  SELECT runs.number, names.id, outcomes.id, attempts, outcomes.id < 8 AND attempts > 1, tests_1.wall_ns / 1000,
         cpu_ns / 1000, peak_memory_bytes / 1024
  FROM tests_1 JOIN runs ON runs.id = tests_1.run JOIN names ON names.name = tests_1.test
  JOIN outcomes ON outcomes.name = tests_1.outcome;
DROP TABLE tests_1;
DROP TABLE suites_1;
DROP TABLE runs_1;
)sql";

Result<void> create_tables(const Database& database) {
  RH_CHECK(database.execute(kTables));
  Statement insert(database, "INSERT INTO outcomes VALUES (?, ?)");
  for (const auto& [outcome, number] : kOutcomes)
    RH_CHECK(insert.bind(1, number).bind(2, model::name_of(outcome)).run());
  return {};
}

Failure newer(const Database& database, std::int64_t version) {
  return fail(ErrorKind::unsupported,
              fmt::format("use the history: it has schema version {}, this runharness knows {}; use the newer "
                          "runharness, or move the file away",
                          version, kHistorySchemaVersion),
              database.file().string());
}

// SQLite does not wait for others here, it says busy at once: whoever comes later tries again.
Result<void> use_write_ahead_log(const Database& database) {
  constexpr int kTries = 100;
  constexpr std::chrono::milliseconds kPause{20};
  for (int i = 1;; ++i) {
    auto done = database.execute("PRAGMA journal_mode=WAL");
    if (done || i == kTries || done.error().sys_errno != EBUSY) return done;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

Result<void> prepare_schema(const Database& database) {
  RH_TRY(std::int64_t version, database.single_integer("PRAGMA user_version"));
  if (version > kHistorySchemaVersion) return newer(database, version);
  if (version == kHistorySchemaVersion) return {};  // writing it anew would sync the disk at each start
  // A file system without shared memory refuses WAL and keeps its rollback journal, which works as well.
  RH_CHECK(use_write_ahead_log(database));
  RH_TRY(Transaction transaction, Transaction::begin(database));
  RH_TRY(version, database.single_integer("PRAGMA user_version"));  // another run may have been faster
  if (version > kHistorySchemaVersion) return newer(database, version);
  if (version == kHistorySchemaVersion) return {};
  if (version == 1) RH_CHECK(database.execute(kSetAsideVersion1));
  RH_CHECK(create_tables(database));
  if (version == 1) RH_CHECK(database.execute(kTakeOverVersion1));
  RH_CHECK(database.execute(fmt::format("PRAGMA user_version={}", kHistorySchemaVersion)));
  return transaction.commit();
}

std::int64_t stored_outcome(Outcome outcome) {
  for (const auto& [each, number] : kOutcomes)
    if (each == outcome) return number;
  return stored_outcome(Outcome::not_run);
}

Outcome outcome_of_stored(std::int64_t number) {
  for (const auto& [outcome, each] : kOutcomes)
    if (each == number) return outcome;
  return Outcome::not_run;
}

}  // namespace rh::engine
