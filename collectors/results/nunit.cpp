// Readers of NUnit reports: version 3 (root <test-run>, documented under "Test Result XML Format" of
// NUnit) and version 2 (root <test-results>).
#include <fmt/core.h>

#include "collectors/results/junit_neighbours.h"
#include "collectors/results/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

// `label` refines the result in version 3 ("Failed" + "Error"); version 2 has one word.
Outcome outcome_of(std::string_view result, std::string_view label) {
  if (is_one_of(result, {"Passed", "Success", "Warning"})) return Outcome::passed;
  if (is_one_of(result, {"Skipped", "Ignored", "Inconclusive", "NotRunnable"}))
    return result == "NotRunnable" ? Outcome::errored : Outcome::skipped;
  if (result == "Error" || label == "Error" || label == "Invalid") return Outcome::errored;
  if (label == "Cancelled" || result == "Cancelled") return Outcome::crashed;
  return Outcome::failed;
}

class NunitReader : public XmlReport {
 public:
  NunitReader(const ResultReaderOptions& options, ResultSink sink)
      : XmlReport("nunit", "an NUnit report", options, std::move(sink)) {}

 private:
  void begin(std::string_view element, XmlAttributes attributes) override;
  void end(std::string_view element, const std::string& text) override;
  [[nodiscard]] bool wants(std::string_view element) const override {
    return is_one_of(element, {"message", "stack-trace", "output"});
  }
  void conclude(bool whole) override;
  void begin_case(XmlAttributes attributes);

  std::optional<model::TestEnded> case_;
  std::string suite_message_;  // of a set-up or tear-down that failed
  std::optional<std::uint64_t> claimed_total_, claimed_failed_;
  std::string verdict_;
  std::uint64_t failed_ = 0, ordinal_ = 0;
};

void NunitReader::begin(std::string_view element, XmlAttributes attributes) {
  if (element == "test-case") {
    begin_case(attributes);
  } else if (element == "test-run" || element == "test-results") {
    verdict_ = value(attributes, "result");
    claimed_total_ = parse_u64(value(attributes, "total"));
    claimed_failed_ = parse_u64(value(attributes, element == "test-run" ? "failed" : "failures"));
    if (const auto errors = parse_u64(value(attributes, "errors")))
      claimed_failed_ = claimed_failed_.value_or(0) + *errors;
  }
}

void NunitReader::begin_case(XmlAttributes attributes) {
  const std::string executed = value(attributes, "executed");
  std::string result = value(attributes, "result");
  if (result.empty())
    result = executed == "False" ? "Ignored" : value(attributes, "success") == "False" ? "Failure" : "Passed";
  case_ = reported_end(++ordinal_, outcome_of(result, value(attributes, "label")));
  model::TestCase& test = case_->test;
  test.name = value(attributes, "name");
  test.classname = value(attributes, "classname");
  if (test.classname.empty()) {  // version 2: the name is the full one; arguments may hold points
    const std::size_t point = test.name.substr(0, test.name.find('(')).rfind('.');
    if (point != std::string::npos) {
      test.classname = test.name.substr(0, point);
      test.name.erase(0, point + 1);
    }
  }
  std::string time = value(attributes, "duration");
  if (time.empty()) time = value(attributes, "time");
  if (const ReportedTime read = parse_reported_time(time); read.value)
    case_->attempt.duration = read.value->nanoseconds();
}

void NunitReader::end(std::string_view element, const std::string& text) {
  if (element == "test-case" && case_) {
    failed_ += model::is_failure(case_->attempt.outcome) ? 1 : 0;
    emit(std::move(*case_));
    case_.reset();
  } else if (element == "message" && !case_) {
    if (parent() == "failure" && suite_message_.empty()) suite_message_ = one_line(text);
  } else if (!case_) {
    return;
  } else if (element == "message") {
    case_->attempt.message = one_line(text);
    if (parent() == "failure") case_->attempt.details = clean_details(text);
  } else if (element == "stack-trace") {
    std::string& details = case_->attempt.details;
    details = clean_details(details.empty() ? text : details + "\n" + text);
  } else if (element == "output") {
    case_->attempt.standard_output = bounded_output(text);
  }
}

void NunitReader::conclude(bool whole) {
  if (!whole) return;
  if (failed_ == 0 && (claimed_failed_.value_or(0) > 0 || verdict_ == "Failed"))
    diagnose(Severity::error, "lost-failures",
             fmt::format("the report says that tests failed and holds no failed test case{}",
                         suite_message_.empty() ? "" : ": " + suite_message_));
  if (claimed_total_ && *claimed_total_ > cases())
    diagnose(Severity::warning, "count-mismatch",
             fmt::format("the report counts {} tests and holds {}", *claimed_total_, cases()));
}

}  // namespace

std::unique_ptr<ResultReader> make_nunit_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<NunitReader>(options, std::move(sink));
}

bool sniff_nunit(std::string_view head) { return is_one_of(first_element(head), {"test-run", "test-results"}); }

}  // namespace rh::collectors
