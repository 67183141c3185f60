// Reader of xUnit.net reports, version 2 (https://xunit.net/docs/format-xml-v2): root <assemblies> or
// <assembly>.
#include <fmt/core.h>

#include "collectors/results/junit_neighbours.h"
#include "collectors/results/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

Outcome outcome_of(std::string_view result) {
  if (result == "Pass") return Outcome::passed;
  if (result == "Skip" || result == "NotRun") return Outcome::skipped;
  return Outcome::failed;
}

class XunitNetReader : public XmlReport {
 public:
  XunitNetReader(const ResultReaderOptions& options, ResultSink sink)
      : XmlReport("xunit-net", "an xUnit.net report", options, std::move(sink)) {}

 private:
  void begin(std::string_view element, XmlAttributes attributes) override;
  void end(std::string_view element, const std::string& text) override;
  [[nodiscard]] bool wants(std::string_view element) const override {
    return is_one_of(element, {"message", "stack-trace", "output", "reason"});
  }
  void conclude(bool whole) override;

  // A test, or an error of a fixture, which is a result of its own.
  std::optional<model::TestEnded> open_;
  std::uint64_t claimed_total_ = 0, claimed_failed_ = 0, failed_ = 0, ordinal_ = 0;
};

void XunitNetReader::begin(std::string_view element, XmlAttributes attributes) {
  if (element == "assembly") {
    claimed_total_ += parse_u64(value(attributes, "total")).value_or(0);
    claimed_failed_ += parse_u64(value(attributes, "failed")).value_or(0);
  } else if (element == "test") {
    open_ = reported_end(++ordinal_, outcome_of(value(attributes, "result")));
    open_->test.classname = value(attributes, "type");
    open_->test.name = value(attributes, "name");
    open_->test.file = test_file(value(attributes, "source-file"), options_.suite_root);
    if (const auto number = parse_u64(value(attributes, "source-line")); number && *number > 0 && *number < UINT32_MAX)
      open_->test.line = static_cast<std::uint32_t>(*number);
    const ReportedTime time = parse_reported_time(value(attributes, "time"));
    if (time.value) open_->attempt.duration = time.value->nanoseconds();
  } else if (element == "error" && parent() == "errors") {
    open_ = reported_end(++ordinal_, Outcome::errored);
    open_->test.classname = value(attributes, "type");
    open_->test.name = value(attributes, "name");
    if (open_->test.name.empty()) open_->test.name = open_->test.classname;
  }
}

void XunitNetReader::end(std::string_view element, const std::string& text) {
  if (!open_) return;
  model::Attempt& attempt = open_->attempt;
  if (element == "test" || element == "error") {
    failed_ += model::is_failure(attempt.outcome) ? 1 : 0;
    emit(std::move(*open_));
    open_.reset();
  } else if (element == "message") {
    attempt.message = one_line(text);
    attempt.details = clean_details(text);
  } else if (element == "stack-trace") {
    attempt.details = clean_details(attempt.details.empty() ? text : attempt.details + "\n" + text);
  } else if (element == "output") {
    attempt.standard_output = bounded_output(text);
  } else if (element == "reason" && attempt.message.empty()) {
    attempt.message = one_line(text);
  }
}

void XunitNetReader::conclude(bool whole) {
  if (!whole) return;
  if (claimed_failed_ > 0 && failed_ == 0)
    diagnose(Severity::error, "lost-failures",
             fmt::format("the report counts {} failures and holds no failed test", claimed_failed_));
  if (claimed_total_ > ordinal_)
    diagnose(Severity::warning, "count-mismatch",
             fmt::format("the report counts {} tests and holds {}", claimed_total_, ordinal_));
}

}  // namespace

std::unique_ptr<ResultReader> make_xunit_net_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<XunitNetReader>(options, std::move(sink));
}

bool sniff_xunit_net(std::string_view head) { return is_one_of(first_element(head), {"assemblies", "assembly"}); }

}  // namespace rh::collectors
