// What a verdict needs of a results file of any format: exact totals, the tests that failed, all names
// on request, and in words everything that is wrong with the file. The file is read once, piece by piece;
// memory grows with the number of tests by a few bytes each, not with the size of the file.
//
//   RH_TRY(auto source, FileSource::open(path));
//   RH_TRY(const ResultsSummary read, summarise_results(source, path, registry.result_formats, {}));
//
// A file is fit to be judged when `trouble()` is false: nothing of it is lost, unread or contradictory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/byte_source.h"
#include "collectors/results/exact_seconds.h"
#include "runner/base/result.h"
#include "runner/model/diagnostic.h"
#include "runner/model/outcome.h"

namespace rh::collectors {

struct ResultFormat;

// Three states that are not one another, and none of them is "all passed".
enum class ResultsState {
  cases,     // it holds test cases
  no_cases,  // a report of a known format without any: "no tests"
  empty,     // no byte, or blanks only: its writer died before it wrote
  unknown,   // no format that is read; a diagnostic names what it is, where that can be told
};

[[nodiscard]] std::string_view name_of(ResultsState state);

// A test of a report, as text in UTF-8.
struct ReportedCase {
  std::string suite;  // "outer > inner"; empty where the format has none
  std::string classname, name, file;
  std::optional<std::uint32_t> line;
  model::Outcome outcome = model::Outcome::passed;
  bool flaky = false;   // failed at first and passed in the end
  std::string message;  // one line; of failed ones only

  // "file::classname::name", without what is missing or already part of the next.
  [[nodiscard]] std::string id() const;
};

// total = passed + failed + skipped. A test that was retried counts once, with its last attempt. Expected
// failures count as skipped, as reports have it; unexpected passes as passed; errors, crashes and time-outs
// as failed.
struct ResultTotals {
  std::uint64_t total = 0, passed = 0, failed = 0, skipped = 0;
  std::uint64_t flaky = 0;             // of the passed ones
  std::uint64_t further_attempts = 0;  // beyond one for each test
  std::optional<ExactSeconds> time;    // of all attempts; absent when no test has one

  ResultTotals& operator+=(const ResultTotals& other);
};

struct ResultsQuery {
  bool names = false;             // fill ResultsSummary::cases
  std::size_t max_failed = 1000;  // of ResultsSummary::failed; the others are only counted
  std::string suite_root = {};    // absolute paths below it become relative
};

struct ResultsSummary {
  std::string format;  // "junit"; of an unknown file the one that explained it best
  ResultsState state = ResultsState::unknown;
  ResultTotals totals;
  std::string timestamp;             // the first one of the file, as it is written there; see parse_report_time()
  std::vector<ReportedCase> failed;  // in the order of the file
  std::uint64_t failed_left_out = 0;
  std::vector<ReportedCase> cases;             // with ResultsQuery::names: every test once, without messages
  std::vector<model::Diagnostic> diagnostics;  // damage with byte and line

  // An error among the diagnostics: the file is broken, foreign, or contradicts itself.
  [[nodiscard]] bool trouble() const;
};

// Reads `source` to its end. The format is told by content. Only a source that cannot be read is an
// error; whatever is wrong with the content is part of the summary. `subject` names the file in texts.
[[nodiscard]] Result<ResultsSummary> summarise_results(ByteSource& source, const std::string& subject,
                                                       std::span<const ResultFormat> formats,
                                                       const ResultsQuery& query);

// The same where the format is known. The first is for ResultFormat::summarise of JUnit, the second goes
// through the events of a reader.
[[nodiscard]] Result<ResultsSummary> summarise_junit(ByteSource& source, const std::string& subject,
                                                     const ResultsQuery& query);
[[nodiscard]] Result<ResultsSummary> summarise_events(ByteSource& source, const std::string& subject,
                                                      const ResultFormat& format, const ResultsQuery& query);

}  // namespace rh::collectors
