// Old runs leave the history: beyond a number, an age and a size when a run is recorded, and when
// `history prune` asks for it.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/engine/history/history.h"

namespace rh::engine {
namespace {

// Names of tests that are gone are looked for once in so many runs: that reads every result.
constexpr std::int64_t kRunsPerSweep = 64;
// When the file is too large, it is brought this far below its bound, so that not every run has to prune.
constexpr std::uint64_t kSizeTarget = 90;  // percent

Result<std::uint64_t> used_bytes(const Database& database) {
  RH_TRY(const std::int64_t bytes,
         database.single_integer("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
                                 "pragma_freelist_count, pragma_page_size"));
  return static_cast<std::uint64_t>(bytes);
}

std::int64_t oldest_allowed_ms(const HistoryLimits& limits) {
  if (!limits.age) return 0;
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall_now().time_since_epoch() - *limits.age).count();
}

// The rows that go: those beyond the newest `runs`, and those that are too old. The newest run always stays.
constexpr const char* kDoomed =
    "SELECT number FROM runs WHERE number NOT IN (SELECT number FROM runs ORDER BY number DESC LIMIT max(1, ?)) OR "
    "(started_ms < ? AND number < (SELECT max(number) FROM runs))";

Result<std::uint64_t> remove_doomed(const Database& database, const HistoryLimits& limits) {
  const auto bind = [&](Statement&& statement) {
    return statement.bind(1, static_cast<std::int64_t>(std::min<std::uint64_t>(limits.runs, INT64_MAX)))
        .bind(2, oldest_allowed_ms(limits))
        .run();
  };
  for (const char* table : {"results", "suites"})
    RH_CHECK(bind(Statement(database, fmt::format("DELETE FROM {} WHERE run IN ({})", table, kDoomed))));
  RH_CHECK(bind(Statement(database, fmt::format("DELETE FROM runs WHERE number IN ({})", kDoomed))));
  return static_cast<std::uint64_t>(database.changes());
}

Result<std::uint64_t> sweep_names(const Database& database) {
  RH_CHECK(database.execute(
      "DELETE FROM names WHERE id NOT IN (SELECT test FROM results UNION SELECT suite FROM suites UNION SELECT "
      "selection FROM suites)"));
  const auto names = static_cast<std::uint64_t>(database.changes());
  RH_CHECK(database.execute("DELETE FROM machines WHERE id NOT IN (SELECT machine FROM runs)"));
  return names;
}

}  // namespace

Result<void> History::limit(const HistoryLimits& limits) {
  RH_TRY(const std::uint64_t removed, remove_doomed(database_, limits));
  RH_TRY(const std::int64_t newest, database_.single_integer("SELECT max(number) FROM runs"));
  if (removed > 0 && newest % kRunsPerSweep == 0) RH_CHECK(sweep_names(database_));
  RH_TRY(const std::uint64_t used, used_bytes(database_));
  if (used <= limits.bytes) return {};
  // Runs are about equally large: the share of runs that fits is the share of bytes that fits.
  RH_TRY(const std::uint64_t count, run_count());
  HistoryLimits smaller = limits;
  smaller.runs = std::max<std::uint64_t>(1, count * (limits.bytes / 100 * kSizeTarget) / used);
  RH_CHECK(remove_doomed(database_, smaller));
  RH_CHECK(sweep_names(database_));
  return {};
}

Result<model::Pruned> History::prune(const HistoryLimits& limits, bool dry_run) {
  model::Pruned pruned;
  pruned.dry_run = dry_run;
  RH_TRY(const std::int64_t pages, database_.single_integer("SELECT page_count * page_size FROM pragma_page_count, "
                                                            "pragma_page_size"));
  pruned.bytes_before = pruned.bytes_after = static_cast<std::uint64_t>(pages);
  {
    RH_TRY(Transaction transaction, Transaction::begin(database_));
    RH_TRY(pruned.runs, remove_doomed(database_, limits));
    RH_TRY(pruned.names, sweep_names(database_));
    RH_TRY(pruned.runs_left, run_count());
    if (dry_run) return pruned;  // and the transaction is rolled back
    RH_CHECK(transaction.commit());
  }
  // VACUUM waits for nobody: where another run is writing, the space stays for later rows.
  if (auto vacuumed = database_.execute("VACUUM"); !vacuumed && vacuumed.error().kind != ErrorKind::io)
    return Failure{vacuumed.error()};
  RH_CHECK(database_.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  RH_TRY(const std::int64_t left, database_.single_integer("SELECT page_count * page_size FROM pragma_page_count, "
                                                           "pragma_page_size"));
  pruned.bytes_after = static_cast<std::uint64_t>(left);
  return pruned;
}

}  // namespace rh::engine
