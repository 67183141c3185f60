// Questions to the history: lists of runs, one run, and a figure over the runs.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/history/history.h"
#include "runner/engine/history/schema.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

using namespace rh::model;
using std::chrono::nanoseconds;

constexpr std::size_t kMaxSuggested = 5;

constexpr std::string_view kRunColumns =
    "runs.id, started_ms, git_commit, branch, dirty, preset, jobs, class, exit_code, verdict, gates_blocked, wall_ns, "
    "tests, passed, failed, errored, skipped, expected_failures, unexpected_passes, flaky, quarantined, "
    "lines_found, lines_hit, branches_found, branches_hit, functions_found, functions_hit, statements_found, "
    "statements_hit, regions_found, regions_hit, number, partial";
constexpr int kNumberColumn = 31, kPartialColumn = 32;

std::optional<nanoseconds> maybe_span(const Statement& row, int column, std::int64_t unit_ns) {
  const auto value = row.maybe_integer(column);
  return value ? std::optional(nanoseconds(*value * unit_ns)) : std::nullopt;
}

std::optional<std::uint64_t> maybe_count(const Statement& row, int column, std::uint64_t unit = 1) {
  const auto value = row.maybe_integer(column);
  return value ? std::optional(static_cast<std::uint64_t>(*value) * unit) : std::nullopt;
}

std::optional<Ratio> maybe_ratio(const Statement& row, int column) {
  const auto found = maybe_count(row, column), hit = maybe_count(row, column + 1);
  return found && hit ? std::optional(Ratio{*found, *hit}) : std::nullopt;
}

std::chrono::system_clock::time_point instant(std::int64_t milliseconds) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds));
}

StoredRun read_run(const Statement& row) {
  StoredRun run;
  run.id.value = row.text(0);
  run.started_at = instant(row.integer(1));
  run.git_commit = row.text(2);
  run.branch = row.text(3);
  run.git_dirty = row.integer(4) != 0;
  run.preset = row.text(5);
  run.jobs = static_cast<unsigned>(row.integer(6));
  run.machine = row.text(7);
  run.exit_code = static_cast<int>(row.integer(8));
  run.verdict = row.text(9);
  run.gates_blocked = static_cast<std::uint64_t>(row.integer(10));
  run.wall = nanoseconds(row.integer(11));
  run.partial = row.integer(kPartialColumn) != 0;
  run.counted = row.maybe_integer(12).has_value();
  int column = 12;
  TestCounts& counts = run.counts;
  for (std::uint64_t* count :
       {&counts.total, &counts.passed, &counts.failed, &counts.errored, &counts.skipped, &counts.expected_failures,
        &counts.unexpected_passes, &counts.flaky, &counts.quarantined})
    *count = static_cast<std::uint64_t>(row.integer(column++));
  CoverageTotals& totals = run.coverage;
  for (auto* ratio : {&totals.lines, &totals.branches, &totals.functions, &totals.statements, &totals.regions}) {
    *ratio = maybe_ratio(row, column);
    column += 2;
  }
  return run;
}

std::string select_runs(std::string_view rest) {
  return fmt::format("SELECT {} FROM runs JOIN machines ON machines.id = machine {}", kRunColumns, rest);
}

Result<std::vector<std::string>> texts(Statement& query) {
  std::vector<std::string> found;
  while (query.step()) found.push_back(query.text(0));
  RH_CHECK(query.end());
  return found;
}

// The number of the run that `name` means.
Result<std::int64_t> find_run_number(const Database& database, const std::string& name) {
  if (name == "latest") {
    RH_TRY(const std::int64_t newest, database.single_integer("SELECT max(number) FROM runs"));
    if (newest > 0) return newest;
    return fail(ErrorKind::not_found, "find the latest run: the history is empty", database.file().string());
  }
  Statement query(database,
                  "SELECT number, id FROM runs WHERE substr(id, 1, length(?1)) = ?1 "
                  "ORDER BY id = ?1 DESC, number DESC LIMIT ?2");
  query.bind(1, name).bind(2, static_cast<std::int64_t>(kMaxSuggested) + 1);
  std::vector<std::int64_t> numbers;
  std::vector<std::string> ids;
  while (!name.empty() && query.step()) {
    numbers.push_back(query.integer(0));
    ids.push_back(query.text(1));
    if (ids.back() == name) return numbers.back();
  }
  RH_CHECK(query.end());
  if (numbers.size() == 1) return numbers.front();
  if (ids.size() > kMaxSuggested) ids.resize(kMaxSuggested);
  if (numbers.size() > 1)
    return fail(ErrorKind::usage, fmt::format("find the run: several begin so: {}", join(ids, ", ")), name);
  Statement all(database, "SELECT id FROM runs ORDER BY number DESC");
  RH_TRY(const auto known, texts(all));
  const auto near = closest(name, known);
  return fail(ErrorKind::not_found,
              fmt::format("find the run in {}: there is none of that id{}", database.file().string(),
                          near ? fmt::format("; did you mean {}?", *near) : "; `runharness history list` shows them"),
              name);
}

Result<std::vector<StoredSuite>> read_suites(const Database& database, std::int64_t run) {
  Statement query(database,
                  "SELECT name, status, wall_ns, test_wall_ns, cpu_ns, peak_memory_bytes, tests, failed, lines_found, "
                  "lines_hit FROM suites JOIN names ON names.id = suite WHERE run = ? ORDER BY name");
  query.bind(1, run);
  std::vector<StoredSuite> suites;
  while (query.step()) {
    StoredSuite& suite = suites.emplace_back();
    suite.suite.value = query.text(0);
    suite.status = from_name<SuiteStatus>(query.text(1)).value_or(SuiteStatus::not_started);
    suite.wall = nanoseconds(query.integer(2));
    suite.test_wall = maybe_span(query, 3, 1);
    suite.cpu = maybe_span(query, 4, 1);
    suite.peak_memory_bytes = maybe_count(query, 5);
    suite.tests = static_cast<std::uint64_t>(query.integer(6));
    suite.failed = static_cast<std::uint64_t>(query.integer(7));
    suite.lines = maybe_ratio(query, 8);
  }
  RH_CHECK(query.end());
  return suites;
}

Result<std::vector<StoredTest>> read_tests(const Database& database, std::int64_t run) {
  Statement query(database,
                  "SELECT name, outcome, attempts, flips, wall_us, cpu_us, peak_kib FROM results JOIN names ON "
                  "names.id = test WHERE run = ? ORDER BY name");
  query.bind(1, run);
  std::vector<StoredTest> tests;
  while (query.step()) {
    StoredTest& test = tests.emplace_back();
    test.test.value = query.text(0);
    test.outcome = outcome_of_stored(query.integer(1));
    test.attempts = static_cast<std::uint64_t>(query.integer(2));
    test.flips = static_cast<std::uint64_t>(query.integer(3));
    test.duration = maybe_span(query, 4, 1000);
    test.cpu = maybe_span(query, 5, 1000);
    test.peak_memory_bytes = maybe_count(query, 6, 1024);
  }
  RH_CHECK(query.end());
  return tests;
}

struct Subject {
  TrendKind kind = TrendKind::run;
  std::int64_t number = 0;
  std::string name;
};

constexpr const char* kSuiteNames = "SELECT name, id FROM names WHERE id IN (SELECT suite FROM suites)";
constexpr const char* kTestNames = "SELECT name, id FROM names WHERE id IN (SELECT test FROM results)";

// A suite or test by its id, or by a part of it that only one has.
Result<Subject> find_subject(const Database& database, const std::string& wanted) {
  std::vector<Subject> partly;
  std::vector<std::string> known;
  for (const TrendKind kind : {TrendKind::suite, TrendKind::test}) {
    Statement query(database, kind == TrendKind::suite ? kSuiteNames : kTestNames);
    while (query.step()) {
      const std::string name = query.text(0);
      if (name == stored_name(wanted)) return Subject{kind, query.integer(1), name};
      if (name.find(wanted) != std::string::npos) partly.push_back({kind, query.integer(1), name});
      known.push_back(name);
    }
    RH_CHECK(query.end());
  }
  if (partly.size() == 1) return partly.front();
  if (partly.size() > 1) {
    std::vector<std::string> names;
    for (const Subject& each : partly) names.push_back(each.name);
    std::sort(names.begin(), names.end());
    const std::string more =
        names.size() > kMaxSuggested ? fmt::format(" and {} more", names.size() - kMaxSuggested) : "";
    if (names.size() > kMaxSuggested) names.resize(kMaxSuggested);
    return fail(ErrorKind::usage,
                fmt::format("show the trend: {} suites and tests have that in their id: {}{}", partly.size(),
                            join(names, ", "), more),
                wanted);
  }
  // A name is compared with names, not with whole ids, which are mostly their suite and file.
  std::vector<std::string> ends;
  for (const std::string& name : known)
    ends.push_back(name.substr(name.rfind("::") == std::string::npos ? 0 : name.rfind("::") + 2));
  auto near = closest(wanted, known);
  if (const auto end = closest(wanted, ends); !near && end)
    near = known[static_cast<std::size_t>(std::find(ends.begin(), ends.end(), *end) - ends.begin())];
  return fail(ErrorKind::not_found,
              fmt::format("show the trend: the history knows no such suite or test{}",
                          near ? fmt::format("; did you mean {}?", *near) : ""),
              wanted);
}

TrendPoint point_of(const StoredRun& run) {
  TrendPoint point;
  point.run = run.id;
  point.started_at = run.started_at;
  point.git_commit = run.git_commit;
  point.git_dirty = run.git_dirty;
  point.machine = run.machine;
  point.status = run.exit_code == 0 ? "passed" : "failed";
  return point;
}

void fill_point(TrendPoint& point, TrendKind kind, const Statement& row) {
  if (kind == TrendKind::suite) {
    point.status = row.text(0);
    point.wall = maybe_span(row, 1, 1);
    point.cpu = maybe_span(row, 2, 1);
    point.peak_memory_bytes = maybe_count(row, 3);
    point.lines = maybe_ratio(row, 4);
    return;
  }
  const Outcome outcome = outcome_of_stored(row.integer(0));
  point.status = name_of(outcome);
  point.flaky = !is_failure(outcome) && row.integer(4) > 0;
  point.wall = maybe_span(row, 1, 1000);
  point.cpu = maybe_span(row, 2, 1000);
  point.peak_memory_bytes = maybe_count(row, 3, 1024);
}

constexpr const char* kSuitePoint =
    "SELECT status, coalesce(test_wall_ns, wall_ns), cpu_ns, peak_memory_bytes, lines_found, lines_hit FROM suites "
    "WHERE run = ? AND suite = ?";
constexpr const char* kTestPoint =
    "SELECT outcome, wall_us, cpu_us, peak_kib, flips FROM results WHERE run = ? AND test = ?";

}  // namespace

Result<std::uint64_t> History::run_count() const {
  RH_TRY(const std::int64_t count, database_.single_integer("SELECT count(*) FROM runs"));
  return static_cast<std::uint64_t>(count);
}

Result<std::vector<StoredRun>> History::runs(std::uint64_t most) const {
  Statement query(database_, select_runs("ORDER BY number DESC LIMIT ?"));
  query.bind(1, most == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(most));
  std::vector<StoredRun> runs;
  while (query.step()) runs.push_back(read_run(query));
  RH_CHECK(query.end());
  return runs;
}

Result<StoredRunDetails> History::run(const std::string& name) const {
  RH_TRY(const std::int64_t number, find_run_number(database_, name));
  Statement query(database_, select_runs("WHERE number = ?"));
  query.bind(1, number);
  StoredRunDetails details;
  if (query.step()) details.run = read_run(query);
  RH_CHECK(query.end());
  RH_TRY(details.suites, read_suites(database_, number));
  RH_TRY(details.tests, read_tests(database_, number));
  return details;
}

Result<std::optional<StoredRun>> History::newest_of_commit(const std::string& commit) const {
  Statement query(database_,
                  select_runs("WHERE git_commit = ? AND dirty = 0 AND partial = 0 ORDER BY number DESC LIMIT 1"));
  query.bind(1, commit);
  std::optional<StoredRun> run;
  if (query.step()) run = read_run(query);
  RH_CHECK(query.end());
  return run;
}

Result<Trend> History::trend(const std::string& subject, std::uint64_t most) const {
  Subject found;
  if (subject == "coverage")
    found.kind = TrendKind::coverage;
  else if (!subject.empty()) {
    RH_TRY(found, find_subject(database_, subject));
  }
  Trend trend{found.kind, found.name, {}};
  Statement runs(database_, select_runs("ORDER BY number DESC"));
  Statement one(database_, found.kind == TrendKind::suite ? kSuitePoint : kTestPoint);
  while ((most == 0 || trend.points.size() < most) && runs.step()) {
    const StoredRun run = read_run(runs);
    TrendPoint point = point_of(run);
    if (found.kind == TrendKind::run || found.kind == TrendKind::coverage) {
      if (found.kind == TrendKind::run) point.wall = run.wall;
      point.lines = run.coverage.lines;
      if (found.kind == TrendKind::run || point.lines) trend.points.push_back(std::move(point));
      continue;
    }
    one.bind(1, runs.integer(kNumberColumn)).bind(2, found.number);
    const bool there = one.step();
    if (there) fill_point(point, found.kind, one);
    RH_CHECK(one.run());
    if (there) trend.points.push_back(std::move(point));
  }
  RH_CHECK(runs.end());
  std::reverse(trend.points.begin(), trend.points.end());
  return trend;
}

}  // namespace rh::engine
