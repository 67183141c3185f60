#include "runner/engine/history.h"

#include <sqlite3.h>

#include <cerrno>
#include <filesystem>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 2000;

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, started_at TEXT NOT NULL, preset TEXT NOT NULL, git_commit TEXT NOT NULL,
  exit_code INTEGER NOT NULL, wall_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS suites (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, suite TEXT NOT NULL, status TEXT NOT NULL,
  wall_ns INTEGER NOT NULL, cpu_ns INTEGER, peak_memory_bytes INTEGER, tests INTEGER NOT NULL, failed INTEGER NOT NULL,
  PRIMARY KEY (run, suite));
CREATE INDEX IF NOT EXISTS suites_by_name ON suites(suite, run);
CREATE TABLE IF NOT EXISTS tests (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, test TEXT NOT NULL, outcome TEXT NOT NULL, attempts INTEGER NOT NULL,
  wall_ns INTEGER, cpu_ns INTEGER, peak_memory_bytes INTEGER,
  PRIMARY KEY (run, test));
CREATE INDEX IF NOT EXISTS tests_by_name ON tests(test, run);
)sql";

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) { sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, const std::string& text) {
    sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_, index, value);
    return *this;
  }
  Statement& bind(int index, std::optional<std::int64_t> value) {
    if (value)
      sqlite3_bind_int64(statement_, index, *value);
    else
      sqlite3_bind_null(statement_, index);
    return *this;
  }
  bool step() { return sqlite3_step(statement_) == SQLITE_ROW; }
  bool run() {
    const int code = sqlite3_step(statement_);
    sqlite3_reset(statement_);
    return code == SQLITE_DONE;
  }
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes);
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

Failure trouble(sqlite3* database, std::string what) {
  return fail(ErrorKind::io, fmt::format("{}: {}", what, sqlite3_errmsg(database)), "history.db");
}

template <class T>
std::optional<std::int64_t> integer_of(const model::Figure<T>& figure) {
  if (!figure.value) return std::nullopt;
  if constexpr (std::is_same_v<T, std::uint64_t>)
    return static_cast<std::int64_t>(*figure.value);
  else
    return figure.value->count();
}

bool record_suite(Statement& insert, const std::string& run, const model::SuiteReport& suite) {
  std::optional<std::int64_t> cpu;
  if (suite.usage.user_cpu.value && suite.usage.system_cpu.value)
    cpu = (*suite.usage.user_cpu.value + *suite.usage.system_cpu.value).count();
  return insert.bind(1, run)
      .bind(2, suite.suite.id.value)
      .bind(3, std::string(model::name_of(suite.status)))
      .bind(4, std::int64_t{suite.wall.count()})
      .bind(5, cpu)
      .bind(6, integer_of(suite.usage.peak_memory))
      .bind(7, static_cast<std::int64_t>(suite.counts.total))
      .bind(8, static_cast<std::int64_t>(suite.counts.failed + suite.counts.errored))
      .run();
}

bool record_test(Statement& insert, const std::string& run, const model::TestRecord& record) {
  const model::Attempt& last = record.attempts.back();
  std::optional<std::int64_t> wall;
  if (last.duration) wall = last.duration->count();
  return insert.bind(1, run)
      .bind(2, record.test.id.value)
      .bind(3, std::string(model::name_of(last.outcome)))
      .bind(4, static_cast<std::int64_t>(record.attempts.size()))
      .bind(5, wall)
      .bind(6, integer_of(last.usage.cpu))
      .bind(7, integer_of(last.usage.peak_memory))
      .run();
}

}  // namespace

void History::Closer::operator()(sqlite3* database) const { sqlite3_close(database); }

Result<History> History::open(const std::filesystem::path& file) {
  // A repository may bring a link to a database of somebody else's.
  std::error_code ignored;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(file, ignored)))
    return fail_errno("open the history", file.string(), ELOOP);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  History history(raw);
  if (code != SQLITE_OK)
    return fail(ErrorKind::io, fmt::format("open the history: {}", sqlite3_errstr(code)), file.string());
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  sqlite3_exec(raw, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON", nullptr, nullptr,
               nullptr);
  Statement version(raw, "PRAGMA user_version");
  if (!version.step()) return trouble(raw, "read the history");
  if (version.integer(0) > kSchemaVersion)
    return fail(ErrorKind::unsupported,
                fmt::format("use the history: it has schema version {}, this runharness knows {}", version.integer(0),
                            kSchemaVersion),
                file.string());
  if (version.integer(0) == kSchemaVersion) return history;  // writing it anew would sync the disk at each start
  if (sqlite3_exec(raw, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK) return trouble(raw, "create the history");
  sqlite3_exec(raw, fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str(), nullptr, nullptr, nullptr);
  return history;
}

Result<std::map<model::SuiteId, std::chrono::nanoseconds>> History::suite_durations() const {
  Statement query(database_.get(),
                  "SELECT suite, CAST(AVG(wall_ns) AS INTEGER) FROM (SELECT suite, wall_ns, row_number() OVER "
                  "(PARTITION BY suite ORDER BY run DESC) AS age FROM suites WHERE status IN ('passed','failed')) "
                  "WHERE age <= 5 GROUP BY suite");
  std::map<model::SuiteId, std::chrono::nanoseconds> durations;
  while (query.step()) durations[model::SuiteId{query.text(0)}] = std::chrono::nanoseconds(query.integer(1));
  return durations;
}

Result<void> History::record(const model::RunReport& report) {
  sqlite3* database = database_.get();
  if (sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
    return trouble(database, "write the history");
  bool good = Statement(database, "INSERT INTO runs VALUES (?,?,?,?,?,?)")
                  .bind(1, report.run.id.value)
                  .bind(2, to_rfc3339(report.run.started_at))
                  .bind(3, report.run.preset)
                  .bind(4, report.run.git_commit)
                  .bind(5, std::int64_t{report.exit_code})
                  .bind(6, std::int64_t{report.wall.count()})
                  .run();
  Statement suite_insert(database, "INSERT INTO suites VALUES (?,?,?,?,?,?,?,?)");
  Statement test_insert(database, "INSERT OR REPLACE INTO tests VALUES (?,?,?,?,?,?,?)");
  for (const model::SuiteReport& suite : report.suites) {
    good = good && record_suite(suite_insert, report.run.id.value, suite);
    for (const model::TestRecord& test : suite.tests)
      good = good && record_test(test_insert, report.run.id.value, test);
  }
  if (!good) {
    Failure failure = trouble(database, "write the history");
    sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
    return failure;
  }
  if (sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK)
    return trouble(database, "write the history");
  return {};
}

}  // namespace rh::engine
