// The flake ledger: how often a test changed its answer although nothing had changed. Every attempt but the
// first of one run is a chance to change, and so is every result on a clean commit under the conditions
// of an earlier result on it.
#include <algorithm>

#include "runner/engine/history/history.h"
#include "runner/engine/history/schema.h"
#include "runner/engine/statistics/wilson.h"

namespace rh::engine {
namespace {

using namespace rh::model;

// Results that are an answer: a skipped test gave none, and one that never ran neither.
bool is_answer(Outcome outcome) { return outcome != Outcome::skipped && outcome != Outcome::not_run; }

Result<std::int64_t> oldest_of_window(const Database& database, std::uint64_t window) {
  Statement query(database, "SELECT min(number) FROM (SELECT number FROM runs ORDER BY number DESC LIMIT ?)");
  query.bind(1, static_cast<std::int64_t>(window));
  const std::int64_t oldest = query.step() ? query.integer(0) : 0;
  RH_CHECK(query.end());
  return oldest;
}

constexpr const char* kTroubled =
    "SELECT DISTINCT name FROM results JOIN names ON names.id = test WHERE (outcome >= 8 OR flips > 0) AND run >= ?";

struct Ledger {
  std::uint64_t flips = 0, chances = 0;
  std::int64_t last_flip = 0;
};

// Of each set of conditions the latest answer that was met so far, going back in time.
Ledger ledger_of(const std::vector<TestPast>& past, const std::map<std::int64_t, RunConditions>& conditions) {
  Ledger ledger;
  std::vector<std::pair<const RunConditions*, std::pair<bool, std::int64_t>>> newer;
  for (const TestPast& each : past) {
    if (!is_answer(each.result.outcome)) continue;
    if (each.attempts > 1) ledger.chances += each.attempts - 1;
    ledger.flips += each.flips;
    if (each.flips > 0) ledger.last_flip = std::max(ledger.last_flip, each.run);
    const auto found = conditions.find(each.run);
    if (found == conditions.end() || found->second.commit.empty()) continue;
    const bool failed = is_failure(each.result.outcome);
    const auto same =
        std::find_if(newer.begin(), newer.end(), [&](const auto& entry) { return *entry.first == found->second; });
    if (same == newer.end()) {
      newer.push_back({&found->second, {failed, each.run}});
      continue;
    }
    ++ledger.chances;
    if (same->second.first != failed) {
      ++ledger.flips;
      ledger.last_flip = std::max(ledger.last_flip, same->second.second);
    }
    same->second = {failed, each.run};
  }
  return ledger;
}

FlakeRate rate_of(const Ledger& ledger) {
  const Interval interval = wilson_interval(ledger.flips, ledger.chances);
  return {ledger.flips, ledger.chances, interval.low, interval.high};
}

}  // namespace

std::optional<FlakeRate> flake_rate(const std::vector<TestPast>& past,
                                    const std::map<std::int64_t, RunConditions>& conditions) {
  const Ledger ledger = ledger_of(past, conditions);
  return ledger.chances == 0 ? std::nullopt : std::optional(rate_of(ledger));
}

Result<std::vector<TestPast>> History::past_of(const std::string& test, std::uint64_t window) const {
  RH_TRY(const std::int64_t oldest, oldest_of_window(database_, window));
  Statement query(database_,
                  "SELECT runs.number, outcome, attempts, results.flips, wall_us FROM runs CROSS JOIN results ON run = "
                  "runs.number AND test = (SELECT id FROM names WHERE name = ?) WHERE runs.number >= ? ORDER BY "
                  "runs.number DESC");
  query.bind(1, stored_name(test)).bind(2, oldest);
  std::vector<TestPast> past;
  while (query.step()) {
    TestPast& each = past.emplace_back();
    each.run = query.integer(0);
    each.result.outcome = outcome_of_stored(query.integer(1));
    each.attempts = static_cast<std::uint64_t>(query.integer(2));
    each.flips = static_cast<std::uint64_t>(query.integer(3));
    each.result.flaky = each.flips > 0 && !is_failure(each.result.outcome);
    if (const auto wall = query.maybe_integer(4)) each.result.duration = std::chrono::microseconds(*wall);
  }
  RH_CHECK(query.end());
  return past;
}

Result<std::map<std::int64_t, RunConditions>> History::conditions(std::uint64_t window) const {
  Statement query(database_,
                  "SELECT number, CASE dirty WHEN 0 THEN git_commit ELSE '' END, machine, preset FROM runs "
                  "ORDER BY number DESC LIMIT ?");
  query.bind(1, static_cast<std::int64_t>(window));
  std::map<std::int64_t, RunConditions> conditions;
  while (query.step()) conditions[query.integer(0)] = {query.text(1), query.integer(2), query.text(3)};
  RH_CHECK(query.end());
  return conditions;
}

Result<std::vector<std::string>> History::troubled_tests(std::uint64_t window) const {
  RH_TRY(const std::int64_t oldest, oldest_of_window(database_, window));
  Statement query(database_, kTroubled);
  query.bind(1, oldest);
  std::vector<std::string> tests;
  while (query.step()) tests.push_back(query.text(0));
  RH_CHECK(query.end());
  return tests;
}

Result<std::vector<FlakyTest>> History::flaky_tests(std::uint64_t window) const {
  RH_TRY(const auto all, conditions(window));
  RH_TRY(const auto troubled, troubled_tests(window));
  std::vector<FlakyTest> flaky;
  std::vector<std::int64_t> last;
  for (const std::string& name : troubled) {
    RH_TRY(const auto past, past_of(name, window));
    const Ledger ledger = ledger_of(past, all);
    if (ledger.flips == 0) continue;
    FlakyTest& test = flaky.emplace_back();
    test.test.value = name;
    test.rate = rate_of(ledger);
    for (const TestPast& each : past) {
      if (!is_answer(each.result.outcome)) continue;
      ++test.runs;
      if (is_failure(each.result.outcome)) ++test.failures;
    }
    Statement run(database_, "SELECT id, started_ms FROM runs WHERE number = ?");
    run.bind(1, ledger.last_flip);
    if (run.step()) {
      test.last_flip.value = run.text(0);
      test.last_flip_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(run.integer(1)));
    }
    RH_CHECK(run.end());
  }
  std::sort(flaky.begin(), flaky.end(), [](const FlakyTest& a, const FlakyTest& b) {
    if (a.rate.low != b.rate.low) return a.rate.low > b.rate.low;
    return a.test.value < b.test.value;
  });
  return flaky;
}

}  // namespace rh::engine
