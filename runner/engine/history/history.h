// The history of a repository's runs in .runharness/history.db (SQLite, WAL): what every run, suite and test
// gave and took. Recording, and the questions that runs, gates and `runharness history` ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/history/database.h"
#include "runner/engine/history/limits.h"
#include "runner/model/history.h"

namespace rh::engine {

constexpr std::uint64_t kMaxTestsPerRun = 500'000;  // recorded of one run

// What one stored result says for flake rates and annotations.
struct TestPast {
  std::int64_t run = 0;  // number of the run: larger is newer
  model::PastResult result;
  std::uint64_t attempts = 1, flips = 0;
};

// A run as far as it matters whether two results are about the same code under the same conditions.
struct RunConditions {
  std::string commit;  // empty: not known, or the work tree was changed
  std::int64_t machine = 0;
  std::string preset;
  bool operator==(const RunConditions&) const = default;
};

class History {
 public:
  // Creates or migrates the store. A damaged or newer store is an error; the run goes on without.
  [[nodiscard]] static Result<History> open(const std::filesystem::path& file);
  // For questions only: a store that is not there is an error of ErrorKind::not_found.
  [[nodiscard]] static Result<History> open_existing(const std::filesystem::path& file);

  // Mean wall time of each suite's last finished runs.
  [[nodiscard]] Result<std::map<model::SuiteId, std::chrono::nanoseconds>> suite_durations() const;

  // Adds a run, and removes old ones beyond the limits. A run that is there already is an error.
  [[nodiscard]] Result<void> record(const model::RunReport& report, const std::string& branch = {},
                                    const HistoryLimits& limits = {});

  // Newest first; `most` 0: all.
  [[nodiscard]] Result<std::vector<model::StoredRun>> runs(std::uint64_t most) const;
  [[nodiscard]] Result<std::uint64_t> run_count() const;
  // By id, by a beginning of it that only one has, or "latest". An error of ErrorKind::not_found names the
  // nearest one, of ErrorKind::usage the ones that begin so.
  [[nodiscard]] Result<model::StoredRunDetails> run(const std::string& name) const;
  // The newest run of all tests of that commit, with a clean work tree.
  [[nodiscard]] Result<std::optional<model::StoredRun>> newest_of_commit(const std::string& commit) const;

  // `subject` empty: the runs; "coverage"; or a suite or test by its id, or by a part of it that only one has.
  [[nodiscard]] Result<model::Trend> trend(const std::string& subject, std::uint64_t most) const;

  // Tests with at least one change, the surest first; of the newest `window` runs.
  [[nodiscard]] Result<std::vector<model::FlakyTest>> flaky_tests(std::uint64_t window) const;
  // The results of one test in the newest `window` runs, newest first.
  [[nodiscard]] Result<std::vector<TestPast>> past_of(const std::string& test, std::uint64_t window) const;
  [[nodiscard]] Result<std::map<std::int64_t, RunConditions>> conditions(std::uint64_t window) const;
  // Ids of tests that failed or flipped in the newest `window` runs.
  [[nodiscard]] Result<std::vector<std::string>> troubled_tests(std::uint64_t window) const;

  // Removes all but the newest `limits.runs`, and those older than `limits.age`; gives the space back.
  [[nodiscard]] Result<model::Pruned> prune(const HistoryLimits& limits, bool dry_run);

  [[nodiscard]] const Database& database() const { return database_; }

 private:
  explicit History(Database database) : database_(std::move(database)) {}
  [[nodiscard]] Result<void> limit(const HistoryLimits& limits);

  Database database_;
};

// The id under which a name is stored: names beyond 1 KiB are cut, and end with a hash of the whole.
[[nodiscard]] std::string stored_name(const std::string& name);

// Folds the results of one test, newest first, into its flake rate; nullopt: there was no chance to flip.
[[nodiscard]] std::optional<model::FlakeRate> flake_rate(const std::vector<TestPast>& past,
                                                         const std::map<std::int64_t, RunConditions>& conditions);

}  // namespace rh::engine
