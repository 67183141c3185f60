#include "runner/engine/gate/test_records.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include <fmt/core.h>

#include "runner/engine/test_ledger.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kReadBytes = 256U << 10;

TestCounts counts_of(const collectors::ResultTotals& totals) {
  TestCounts counts;
  counts.total = totals.total;
  counts.passed = totals.passed;
  counts.failed = totals.failed;
  counts.skipped = totals.skipped;
  counts.flaky = totals.flaky;
  return counts;
}

std::string first_error(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics)
    if (diagnostic.severity == Severity::error) return diagnostic.message;
  return {};
}

TestRecord record_of(const collectors::ReportedCase& failed, const SuiteId& suite) {
  TestRecord record;
  record.test.id.value = suite.value + "::" + failed.id();
  record.test.suite = suite;
  record.test.file = failed.file;
  record.test.line = failed.line;
  record.test.classname = failed.classname;
  record.test.name = failed.name;
  Attempt attempt;
  attempt.outcome = failed.outcome;
  attempt.message = failed.message;
  record.attempts.push_back(std::move(attempt));
  return record;
}

using Identity = std::tuple<std::string, std::string, std::string, std::string, std::string>;

Identity identity_of(const TestCase& test, const std::string& element) {
  return {test.file, test.classname, test.parent, test.name, element};
}

struct IdentityHash {
  std::size_t operator()(const Identity& identity) const {
    const std::hash<std::string> hash;
    return hash(std::get<0>(identity)) ^ hash(std::get<1>(identity)) * 31 ^ hash(std::get<2>(identity)) * 131 ^
           hash(std::get<3>(identity)) * 1031 ^ hash(std::get<4>(identity)) * 8209;
  }
};

bool is_retry_sequence(const std::vector<TestRecord>& records, const std::vector<std::size_t>& places) {
  if (places.size() < 2 || records[places.back()].outcome() != Outcome::passed) return false;
  for (std::size_t i = 0; i + 1 < places.size(); ++i)
    if (!is_failure(records[places[i]].outcome())) return false;
  return true;
}

}  // namespace

SuiteReport suite_of(const collectors::ResultsSummary& summary, const std::string& shown) {
  SuiteReport suite;
  suite.suite.id.value = shown;
  suite.suite.runner = summary.format;
  suite.suite.root = ".";
  suite.suite.reason = "read from " + shown;
  suite.counts = counts_of(summary.totals);
  if (summary.totals.time) suite.wall = summary.totals.time->nanoseconds();  // of the tests: there is no other
  for (const collectors::ReportedCase& failed : summary.failed)
    suite.tests.push_back(record_of(failed, suite.suite.id));
  if (summary.trouble() || summary.state == collectors::ResultsState::unknown ||
      summary.state == collectors::ResultsState::empty) {
    suite.status = SuiteStatus::crashed;
    suite.status_reason = first_error(summary.diagnostics);
    if (suite.status_reason.empty()) suite.status_reason = "the file is " + std::string(name_of(summary.state));
  } else if (summary.totals.total == 0) {
    suite.status = SuiteStatus::no_tests;
    suite.status_reason = "the file holds no test case";
  } else if (summary.totals.failed > 0) {
    suite.status = SuiteStatus::failed;
    suite.status_reason = fmt::format("{} of {} tests failed", summary.totals.failed, summary.totals.total);
  } else {
    suite.status = SuiteStatus::passed;
  }
  return suite;
}

std::vector<TestRecord> fold_retries(std::vector<TestRecord> records, const std::vector<std::string>& elements) {
  std::unordered_map<Identity, std::vector<std::size_t>, IdentityHash> places;
  for (std::size_t i = 0; i < records.size(); ++i) places[identity_of(records[i].test, elements[i])].push_back(i);
  std::vector<bool> folded(records.size());
  for (const auto& [identity, group] : places) {
    if (!is_retry_sequence(records, group)) continue;
    TestRecord& first = records[group.front()];
    for (std::size_t i = 1; i < group.size(); ++i) {
      for (Attempt& attempt : records[group[i]].attempts) {
        attempt.number = static_cast<unsigned>(first.attempts.size()) + 1;
        first.attempts.push_back(std::move(attempt));
      }
      folded[group[i]] = true;
    }
  }
  std::vector<TestRecord> kept;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (!folded[i]) kept.push_back(std::move(records[i]));
  return kept;
}

Result<std::vector<TestRecord>> read_records(collectors::ByteSource& source, const std::string& shown,
                                             const SuiteId& suite, std::string_view head, const Registry& registry) {
  std::vector<TestRecord> records;
  std::vector<std::string> elements;  // of the records
  std::string element;                // of the event that is taken
  std::unordered_map<std::string, std::size_t> places;
  TestLedger::Sinks sinks;
  sinks.started = [](const TestStarted&) {};
  sinks.native = [](const RunnerFinished&) {};
  sinks.diagnostic = [](Diagnostic) {};  // the summary has them
  sinks.finished = [&](const TestCase& test, const Attempt& attempt) {
    const auto [place, added] = places.try_emplace(test.id.value, records.size());
    if (added) {
      records.push_back({test, {}});
      elements.push_back(element);
    }
    records[place->second].attempts.push_back(attempt);
  };
  TestLedger ledger(suite, std::move(sinks));
  std::unique_ptr<collectors::ResultReader> reader;
  bool tells_attempts = true;  // other formats repeat the element, which their summary folds
  for (const collectors::ResultFormat& format : registry.result_formats)
    if (reader == nullptr && format.sniff != nullptr && format.sniff(head)) {
      reader = format.make({shown, {}, {}}, [&](const ResultEvent& event) {
        if (const auto* ended = std::get_if<TestEnded>(&event))
          element = ended->key.substr(0, std::min(ended->key.find(" case "), ended->key.size()));
        ledger.take(0, event);
      });
      tells_attempts = format.summarise == nullptr;
    }
  if (reader == nullptr) return records;
  std::string buffer(kReadBytes, '\0');
  for (;;) {
    RH_TRY(const std::size_t got, source.read(buffer.data(), buffer.size()));
    if (got == 0) break;
    reader->feed(std::string_view(buffer).substr(0, got));
  }
  reader->finish();
  ledger.close_stream(0, Ending::exited, {0, {}, false}, {});
  return tells_attempts ? std::move(records) : fold_retries(std::move(records), elements);
}

}  // namespace rh::engine
