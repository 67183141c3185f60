#include "runner/engine/history/history.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/history/machine_class.h"
#include "runner/engine/history/recorded_figures.h"
#include "runner/engine/history/schema.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

using namespace rh::model;

constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxVerdictBytes = 512;

using MaybeInteger = std::optional<std::int64_t>;

// Cut where a character begins.
std::string cut(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

// FNV-1a, 64 bits: tells apart what was cut to the same beginning.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::uint64_t flips_of(const TestRecord& record) {
  std::uint64_t flips = 0;
  for (std::size_t i = 1; i < record.attempts.size(); ++i)
    if (is_failure(record.attempts[i].outcome) != is_failure(record.attempts[i - 1].outcome)) ++flips;
  return flips;
}

class Recorder {
 public:
  Recorder(const Database& database, const RunReport& report)
      : database_(database),
        report_(report),
        add_name_(database, "INSERT OR IGNORE INTO names (name) VALUES (?)"),
        find_name_(database, "SELECT id FROM names WHERE name = ?"),
        add_suite_(database, "INSERT INTO suites VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"),
        add_result_(database, "INSERT OR IGNORE INTO results VALUES (?,?,?,?,?,?,?,?)") {}

  Result<void> record(const std::string& branch) {
    RH_CHECK(add_run(branch));
    run_ = database_.last_row();
    std::uint64_t tests = 0;
    for (const SuiteReport& suite : report_.suites) {
      RH_CHECK(add_suite(suite));
      // The tests of a suite that was called off say nothing about themselves.
      if (suite.status == SuiteStatus::cancelled || suite.status == SuiteStatus::not_started) continue;
      for (const TestRecord& test : suite.tests)
        if (++tests <= kMaxTestsPerRun) RH_CHECK(add_test(test));
    }
    return {};
  }

 private:
  Result<void> add_run(const std::string& branch) {
    const RunInfo& run = report_.run;
    const std::string machine = machine_class(run.machine);
    RH_CHECK(Statement(database_, "INSERT OR IGNORE INTO machines (class) VALUES (?)").bind(1, machine).run());
    Statement insert(database_,
                     "INSERT INTO runs SELECT NULL,?,?,?,?,?,?,?,id,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,? "
                     "FROM machines WHERE class = ?");
    const auto started = std::chrono::floor<std::chrono::milliseconds>(run.started_at.time_since_epoch()).count();
    const auto blocked =
        std::count_if(report_.gates.begin(), report_.gates.end(), [](const auto& g) { return g.blocks; });
    insert.add(run.id.value).add(std::int64_t{started}).add(run.git_commit);
    insert.add(cut(branch, kMaxNameBytes)).add(std::int64_t{run.git_dirty});
    insert.add(run.preset).add(std::int64_t{run.jobs});
    insert.add(std::int64_t{report_.exit_code}).add(cut(report_.exit_reason, kMaxVerdictBytes));
    insert.add(std::int64_t{blocked}).add(std::int64_t{report_.wall.count()}).add(std::int64_t{is_partial(report_)});
    const TestCounts& counts = report_.counts;
    for (const std::uint64_t count :
         {counts.total, counts.passed, counts.failed, counts.errored, counts.skipped, counts.expected_failures,
          counts.unexpected_passes, counts.flaky, counts.quarantined})
      insert.add(static_cast<std::int64_t>(count));
    const CoverageTotals& totals = report_.coverage.totals;
    for (const auto* ratio : {&totals.lines, &totals.branches, &totals.functions, &totals.statements, &totals.regions})
      bind_ratio(insert, *ratio);
    return insert.add(machine).run();
  }

  static void bind_ratio(Statement& insert, const std::optional<Ratio>& ratio) {
    insert.add(ratio ? MaybeInteger(static_cast<std::int64_t>(ratio->found)) : std::nullopt);
    insert.add(ratio ? MaybeInteger(static_cast<std::int64_t>(ratio->hit)) : std::nullopt);
  }

  Result<std::int64_t> name_number(const std::string& name) {
    const std::string stored = stored_name(name);
    RH_CHECK(add_name_.bind(1, stored).run());
    if (database_.changes() > 0) return database_.last_row();
    find_name_.bind(1, stored);
    const std::int64_t number = find_name_.step() ? find_name_.integer(0) : 0;
    RH_CHECK(find_name_.run());
    return number;
  }

  Result<void> add_suite(const SuiteReport& suite) {
    RH_TRY(const std::int64_t name, name_number(suite.suite.id.value));
    RH_TRY(const std::int64_t selection, name_number(selection_of(report_, suite)));
    const SuiteFigures figures = recorded_figures(suite);
    add_suite_.add(run_).add(name).add(selection);
    add_suite_.add(name_of(suite.status)).add(std::int64_t{suite.wall.count()});
    add_suite_.add(figures.wall_ns).add(figures.cpu_ns).add(figures.peak_bytes);
    add_suite_.add(static_cast<std::int64_t>(suite.counts.total));
    add_suite_.add(static_cast<std::int64_t>(suite.counts.failed + suite.counts.errored));
    bind_ratio(add_suite_, suite.coverage.totals.lines);
    return add_suite_.run();
  }

  Result<void> add_test(const TestRecord& record) {
    RH_TRY(const std::int64_t name, name_number(record.test.id.value));
    const TestFigures figures = recorded_figures(record);
    add_result_.add(run_).add(name).add(stored_outcome(record.outcome()));
    add_result_.add(static_cast<std::int64_t>(record.attempts.size()));
    add_result_.add(static_cast<std::int64_t>(flips_of(record)));
    add_result_.add(figures.wall_us).add(figures.cpu_us).add(figures.peak_kib);
    return add_result_.run();
  }

  const Database& database_;
  const RunReport& report_;
  std::int64_t run_ = 0;
  Statement add_name_, find_name_, add_suite_, add_result_;
};

}  // namespace

std::string stored_name(const std::string& name) {
  if (name.size() <= kMaxNameBytes) return name;
  return fmt::format("{}...{:016x}", cut(name, kMaxNameBytes - 32), hash_of(name));
}

Result<History> History::open(const std::filesystem::path& file) {
  RH_TRY(Database database, Database::open(file, OpenMode::create));
  RH_CHECK(prepare_schema(database));
  return History(std::move(database));
}

Result<History> History::open_existing(const std::filesystem::path& file) {
  RH_TRY(Database database, Database::open(file, OpenMode::existing));
  RH_CHECK(prepare_schema(database));
  return History(std::move(database));
}

Result<std::map<SuiteId, std::chrono::nanoseconds>> History::suite_durations() const {
  constexpr std::int64_t kRuns = 5;
  Statement query(database_,
                  "SELECT name, CAST(AVG(wall_ns) AS INTEGER) FROM (SELECT suite, wall_ns, row_number() OVER "
                  "(PARTITION BY suite ORDER BY run DESC) AS age FROM suites WHERE status IN ('passed','failed')) "
                  "JOIN names ON names.id = suite WHERE age <= ? GROUP BY suite");
  query.bind(1, kRuns);
  std::map<SuiteId, std::chrono::nanoseconds> durations;
  while (query.step()) durations[SuiteId{query.text(0)}] = std::chrono::nanoseconds(query.integer(1));
  RH_CHECK(query.end());
  return durations;
}

Result<void> History::record(const RunReport& report, const std::string& branch, const HistoryLimits& limits) {
  RH_TRY(Transaction transaction, Transaction::begin(database_));
  RH_CHECK(Recorder(database_, report).record(branch));
  RH_CHECK(limit(limits));
  return transaction.commit();
}

}  // namespace rh::engine
