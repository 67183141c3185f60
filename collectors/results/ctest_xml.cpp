// Reader of CTest's own report (Testing/<stamp>/Test.xml, root <Site>), which `ctest -T Test` writes.
#include <fmt/core.h>

#include "collectors/results/junit_neighbours.h"
#include "collectors/results/xml_report.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

class CtestXmlReader : public XmlReport {
 public:
  CtestXmlReader(const ResultReaderOptions& options, ResultSink sink)
      : XmlReport("ctest", "a CTest report", options, std::move(sink)) {}

 private:
  void begin(std::string_view element, XmlAttributes attributes) override;
  void end(std::string_view element, const std::string& text) override;
  [[nodiscard]] bool wants(std::string_view element) const override {
    return is_one_of(element, {"Name", "Value", "Test"});
  }
  void conclude(bool whole) override;
  void end_test();
  void take_measurement(const std::string& text);

  std::optional<model::TestEnded> test_;
  std::string measurement_;  // name of the open one
  std::string exit_code_, completion_;
  std::uint64_t listed_ = 0, ordinal_ = 0;
};

void CtestXmlReader::begin(std::string_view element, XmlAttributes attributes) {
  if (element == "Test" && parent() == "TestList") {
    ++listed_;
  } else if (element == "Test") {
    const std::string status = value(attributes, "Status");
    test_ = reported_end(++ordinal_, status == "passed"   ? Outcome::passed
                                     : status == "notrun" ? Outcome::skipped
                                                          : Outcome::failed);
    exit_code_.clear();
    completion_.clear();
  } else if (element == "NamedMeasurement") {
    measurement_ = value(attributes, "name");
  } else if (element == "Measurement") {
    measurement_ = "output";
  }
}

void CtestXmlReader::take_measurement(const std::string& text) {
  if (measurement_ == "Execution Time") {
    if (const ReportedTime time = parse_reported_time(text); time.value)
      test_->attempt.duration = time.value->nanoseconds();
  } else if (measurement_ == "Completion Status") {
    completion_ = one_line(text);
  } else if (measurement_ == "Exit Code") {
    exit_code_ = one_line(text);
  } else if (measurement_ == "output") {
    test_->attempt.standard_output = bounded_output(text);
  }
}

void CtestXmlReader::end(std::string_view element, const std::string& text) {
  if (!test_) return;
  if (element == "Test")
    end_test();
  else if (element == "Name" && parent() == "Test")
    test_->test.name = one_line(text);
  else if (element == "Value")
    take_measurement(text);
}

// A test that could not be started is listed as not run too; disabled and skipped ones say so.
void CtestXmlReader::end_test() {
  model::Attempt& attempt = test_->attempt;
  if (exit_code_ == "Timeout" || completion_ == "Timeout") attempt.outcome = Outcome::timed_out;
  const bool skipped = completion_ == "Disabled" || completion_.starts_with("SKIP_") || completion_ == "Skipped";
  if (attempt.outcome == Outcome::skipped && !skipped) attempt.outcome = Outcome::not_run;
  if (attempt.outcome != Outcome::passed)
    attempt.message = completion_ == "Completed" || completion_.empty() ? exit_code_ : completion_;
  if (attempt.outcome == Outcome::failed) attempt.details = clean_details(attempt.standard_output);
  emit(std::move(*test_));
  test_.reset();
}

void CtestXmlReader::conclude(bool whole) {
  if (whole && listed_ > ordinal_)
    diagnose(Severity::error, "lost-tests", fmt::format("{} tests are listed and {} have a result", listed_, ordinal_));
}

}  // namespace

std::unique_ptr<ResultReader> make_ctest_xml_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<CtestXmlReader>(options, std::move(sink));
}

// The same root stands for build, configuration and coverage; those have no <Testing>.
bool sniff_ctest_xml(std::string_view head) {
  return first_element(head) == "Site" && head.find("<Testing>") != std::string_view::npos;
}

}  // namespace rh::collectors
