// Reader of TRX, the report of Visual Studio and `dotnet test --logger trx` (schema VisualStudio/
// TeamTest/2010). A result names its test by id; the class stands in the definitions behind all results,
// so results are kept until the end.
#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

#include "collectors/results/junit_neighbours.h"
#include "collectors/results/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxKeptText = 64U << 20;  // of all results; those beyond keep their message only

// "00:00:01.2345678", "1.02:03:04.5"
std::optional<std::chrono::nanoseconds> duration_of(std::string_view text) {
  std::uint64_t days = 0;
  const std::size_t first_colon = text.find(':'), dot = text.find('.');
  if (dot != std::string_view::npos && first_colon != std::string_view::npos && dot < first_colon) {
    const auto parsed = parse_u64(text.substr(0, dot));
    if (!parsed) return std::nullopt;
    days = *parsed;
    text.remove_prefix(dot + 1);
  }
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hours = parse_u64(parts[0]), minutes = parse_u64(parts[1]);
  const ReportedTime seconds = parse_reported_time(parts[2]);
  if (!hours || !minutes || !seconds.value || days > 10'000 || *hours > 10'000 || *minutes > 100'000)
    return std::nullopt;
  return std::chrono::hours(days * 24 + *hours) + std::chrono::minutes(*minutes) + seconds.value->nanoseconds();
}

// An outcome that is left out is the first of the enumeration, "Error".
Outcome outcome_of(std::string_view word) {
  if (is_one_of(word, {"Passed", "PassedButRunAborted", "Completed", "Warning"})) return Outcome::passed;
  if (is_one_of(word, {"NotExecuted", "Inconclusive", "Pending"})) return Outcome::skipped;
  if (word == "Failed") return Outcome::failed;
  if (word == "Timeout") return Outcome::timed_out;
  if (is_one_of(word, {"Aborted", "Disconnected"})) return Outcome::crashed;
  if (is_one_of(word, {"InProgress", "NotRunnable"})) return Outcome::not_run;
  return Outcome::errored;
}

class TrxReader : public XmlReport {
 public:
  TrxReader(const ResultReaderOptions& options, ResultSink sink)
      : XmlReport("trx", "a TRX report", options, std::move(sink)) {}

 private:
  struct Row {
    model::TestEnded ended;
    std::string test_id;
    bool has_rows = false, row_failed = false;  // data-driven: results inside
  };

  void begin(std::string_view element, XmlAttributes attributes) override;
  void end(std::string_view element, const std::string& text) override;
  [[nodiscard]] bool wants(std::string_view element) const override {
    return is_one_of(element, {"Message", "StackTrace", "StdOut", "StdErr", "Text"});
  }
  void conclude(bool whole) override;
  void begin_result(XmlAttributes attributes);
  void end_result();
  void check_summary();

  std::vector<Row> open_, rows_;
  std::unordered_map<std::string, std::pair<std::string, std::string>> definitions_;  // id -> class, method
  std::string definition_;                                                            // id of the open one
  std::string verdict_;                                                               // of ResultSummary
  std::string run_error_, run_info_outcome_;
  std::optional<std::uint64_t> claimed_total_, claimed_failed_;
  std::size_t kept_text_ = 0;
  std::uint64_t ordinal_ = 0, failed_ = 0;
};

void TrxReader::begin(std::string_view element, XmlAttributes attributes) {
  if (element.ends_with("TestResult") || (element == "UnitTestResult") || (element == "TestResultAggregation")) {
    begin_result(attributes);
  } else if (parent() == "TestDefinitions") {
    definition_ = value(attributes, "id");
    definitions_[definition_] = {{}, value(attributes, "name")};
  } else if (element == "TestMethod" && !definition_.empty()) {
    // "Namespace.Class, Assembly, Version=..." of older versions
    const std::string name = value(attributes, "className");
    definitions_[definition_].first = name.substr(0, name.find(','));
  } else if (element == "ResultSummary") {
    verdict_ = value(attributes, "outcome");
  } else if (element == "Counters") {
    claimed_total_ = parse_u64(value(attributes, "total"));
    claimed_failed_ = parse_u64(value(attributes, "failed"));
    for (const char* more : {"error", "timeout", "aborted"})
      if (const auto count = parse_u64(value(attributes, more))) claimed_failed_ = claimed_failed_.value_or(0) + *count;
  } else if (element == "RunInfo") {
    run_info_outcome_ = value(attributes, "outcome");
  }
}

void TrxReader::begin_result(XmlAttributes attributes) {
  if (!open_.empty()) open_.back().has_rows = true;
  Row row;
  row.ended = reported_end(++ordinal_, outcome_of(value(attributes, "outcome")));
  row.ended.test.name = value(attributes, "testName");
  row.ended.attempt.duration = duration_of(value(attributes, "duration"));
  row.test_id = value(attributes, "testId");
  open_.push_back(std::move(row));
}

void TrxReader::end_result() {
  Row row = std::move(open_.back());
  open_.pop_back();
  const bool failed = model::is_failure(row.ended.attempt.outcome);
  if (!open_.empty()) open_.back().row_failed |= failed || row.row_failed;
  // The frame around the rows of a data-driven test is no test, unless it knows of a failure that they do not.
  if (row.has_rows && (!failed || row.row_failed)) return;
  failed_ += failed ? 1 : 0;
  model::Attempt& attempt = row.ended.attempt;
  kept_text_ += attempt.details.size() + attempt.standard_output.size() + attempt.standard_error.size();
  if (kept_text_ > kMaxKeptText) {
    attempt.details.clear();
    attempt.standard_output = attempt.standard_error = "(left out: the texts of this report are above 64 MiB)";
  }
  rows_.push_back(std::move(row));
}

void TrxReader::end(std::string_view element, const std::string& text) {
  if (element.ends_with("TestResult") || element == "TestResultAggregation") {
    if (!open_.empty()) end_result();
    return;
  }
  if (parent() == "TestDefinitions") definition_.clear();
  if (element == "Text" && inside("RunInfos")) {
    // Test hosts that crash, and adapters that find no test, are told here and nowhere else.
    if (run_info_outcome_ == "Error" && run_error_.empty()) run_error_ = one_line(text);
    return;
  }
  if (open_.empty()) return;
  model::Attempt& attempt = open_.back().ended.attempt;
  if (element == "StdOut") {
    attempt.standard_output = bounded_output(text);
  } else if (element == "StdErr") {
    attempt.standard_error = bounded_output(text);
  } else if (element == "Message" && inside("ErrorInfo")) {
    attempt.message = one_line(text);
    attempt.details = clean_details(text);
  } else if (element == "StackTrace") {
    attempt.details = clean_details(attempt.details.empty() ? text : attempt.details + "\n" + text);
  }
}

void TrxReader::check_summary() {
  if (!run_error_.empty())
    diagnose(Severity::error, "run-error", fmt::format("the run itself reports an error: {}", run_error_));
  else if (is_one_of(verdict_, {"Failed", "Aborted", "Error", "Timeout"}) && failed_ == 0)
    diagnose(Severity::error, "lost-failures",
             fmt::format("the summary says \"{}\" and no result failed: results are lost", verdict_));
  else if (claimed_failed_.value_or(0) > 0 && failed_ == 0)
    diagnose(Severity::error, "lost-failures",
             fmt::format("the summary counts {} failures and no result failed: results are lost", *claimed_failed_));
  // With the frames of data-driven tests or without them: both are counted by some version.
  if (claimed_total_ && *claimed_total_ != rows_.size() && *claimed_total_ != ordinal_)
    diagnose(Severity::warning, "count-mismatch",
             fmt::format("the summary counts {} results and the file holds {}", *claimed_total_, rows_.size()));
}

void TrxReader::conclude(bool whole) {
  for (Row& row : rows_) {
    if (const auto known = definitions_.find(row.test_id); known != definitions_.end()) {
      row.ended.test.classname = known->second.first;
      if (row.ended.test.name.empty()) row.ended.test.name = known->second.second;
    }
    emit(std::move(row.ended));
  }
  if (whole) check_summary();
}

}  // namespace

std::unique_ptr<ResultReader> make_trx_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<TrxReader>(options, std::move(sink));
}

bool sniff_trx(std::string_view head) { return first_element(head) == "TestRun"; }

}  // namespace rh::collectors
