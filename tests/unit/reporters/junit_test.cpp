#include <gmock/gmock.h>
#include <tinyxml2.h>

#include "reporters/junit.h"
#include "reporters/reporter.h"
#include "runner/base/text.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using model::Outcome;
using model::SuiteStatus;
using testing::HasSubstr;

// The document, read back.
class Parsed {
 public:
  explicit Parsed(const model::RunReport& report) : text_(render_junit(report).value()) {
    EXPECT_EQ(document_.Parse(text_.c_str(), text_.size()), tinyxml2::XML_SUCCESS);
  }
  const tinyxml2::XMLElement& root() { return *document_.RootElement(); }
  const tinyxml2::XMLElement& suite() { return *root().FirstChildElement("testsuite"); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  tinyxml2::XMLDocument document_;
};

model::RunReport with_status(SuiteStatus status, int exit_code) {
  model::RunReport report = golden::make_passing_report();
  report.suites[0].status = status;
  report.suites[0].status_reason = "because";
  report.suites[0].tests.clear();
  report.exit_code = exit_code;
  return report;
}

std::size_t count_elements(const tinyxml2::XMLElement& parent, const char* name) {
  std::size_t count = 0;
  for (const auto* child = parent.FirstChildElement(name); child != nullptr; child = child->NextSiblingElement(name))
    ++count;
  return count;
}

TEST(Junit, CountsAreThoseOfItsElements) {
  Parsed junit(golden::make_report());
  unsigned tests = 0;
  for (const auto* suite = &junit.suite(); suite != nullptr; suite = suite->NextSiblingElement("testsuite")) {
    EXPECT_EQ(suite->UnsignedAttribute("tests"), count_elements(*suite, "testcase"));
    tests += suite->UnsignedAttribute("tests");
  }
  EXPECT_EQ(junit.root().UnsignedAttribute("tests"), tests);
}

TEST(Junit, NoSuiteThatCouldNotRunIsGreen) {
  for (const SuiteStatus status :
       {SuiteStatus::broken, SuiteStatus::crashed, SuiteStatus::limit, SuiteStatus::unavailable, SuiteStatus::cancelled,
        SuiteStatus::not_started, SuiteStatus::failed}) {
    Parsed junit(with_status(status, 5));
    EXPECT_EQ(junit.root().IntAttribute("errors"), 1) << static_cast<int>(status);
    const auto* test = junit.suite().FirstChildElement("testcase");
    ASSERT_NE(test, nullptr);
    EXPECT_STREQ(test->FirstChildElement("error")->Attribute("message"), "because");
  }
}

TEST(Junit, CrashedSuiteWithPassedTestsIsNotGreenEither) {
  model::RunReport report = golden::make_passing_report();
  report.suites[0].status = SuiteStatus::crashed;
  Parsed junit(report);
  EXPECT_EQ(junit.suite().IntAttribute("tests"), 3);
  EXPECT_EQ(junit.suite().IntAttribute("errors"), 1);
}

TEST(Junit, SuiteWithoutTestsIsSkippedUnlessTestsWereExpected) {
  EXPECT_EQ(Parsed(with_status(SuiteStatus::no_tests, 0)).root().IntAttribute("skipped"), 1);
  EXPECT_EQ(Parsed(with_status(SuiteStatus::no_tests, 4)).root().IntAttribute("errors"), 1);
}

TEST(Junit, RunThatFailedWithoutAnySuiteIsNotGreen) {
  model::RunReport report;
  report.exit_code = 4;
  report.exit_reason = "no test suites found";
  EXPECT_EQ(Parsed(report).root().IntAttribute("errors"), 1);
  report.exit_code = 0;
  EXPECT_EQ(Parsed(report).root().IntAttribute("errors"), 0);
}

TEST(Junit, AttemptsTakeTheFormOfSurefire) {
  model::RunReport report = golden::make_passing_report();
  model::TestRecord& record = report.suites[0].tests[0];
  record.attempts.assign(3, record.attempts[0]);
  record.attempts[0].outcome = Outcome::failed;
  record.attempts[1].outcome = Outcome::crashed;
  Parsed flaky(report);
  const auto* test = flaky.suite().FirstChildElement("testcase");
  EXPECT_EQ(count_elements(*test, "flakyFailure"), 1U);
  EXPECT_EQ(count_elements(*test, "flakyError"), 1U);
  EXPECT_EQ(flaky.root().IntAttribute("failures"), 0);

  record.attempts[2].outcome = Outcome::failed;
  Parsed failed(report);
  test = failed.suite().FirstChildElement("testcase");
  EXPECT_EQ(count_elements(*test, "failure"), 1U);
  EXPECT_EQ(count_elements(*test, "rerunError"), 1U);
  EXPECT_EQ(count_elements(*test, "rerunFailure"), 1U);
}

TEST(Junit, IsWellFormedForAnyBytes) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  model::RunReport report = golden::make_report();
  model::Attempt& attempt = report.suites[0].tests[1].attempts[0];
  attempt.message = attempt.details = attempt.standard_output = every_byte + "]]>\xEF\xBF\xBE\xED\xA0\x80";
  report.suites[0].suite.id.value = every_byte;
  const std::string text = Parsed(report).text();
  EXPECT_EQ(to_valid_utf8(text), text);
  for (const char c : text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  EXPECT_EQ(text.find("\xEF\xBF\xBE"), std::string::npos);
}

TEST(Junit, LongOutputIsCutAndTheCutIsTold) {
  model::RunReport report = golden::make_passing_report();
  report.suites[0].tests[0].attempts[0].standard_output = std::string(100'000, 'x');
  EXPECT_THAT(Parsed(report).text(), HasSubstr("... (34464 bytes cut)"));
}

TEST(Junit, CutsTextsUntilItFits) {
  model::RunReport report = golden::make_passing_report();
  model::TestRecord failed = report.suites[0].tests[0];
  failed.attempts[0].outcome = Outcome::failed;
  failed.attempts[0].message = "kept";
  failed.attempts[0].details = std::string(40'000, '<');  // four bytes each when written
  report.suites[0].tests.assign(10, failed);
  const std::string text = junit_within(report, 500'000);
  EXPECT_LE(text.size(), 500'000U);
  EXPECT_THAT(text, HasSubstr("bytes cut"));
  EXPECT_THAT(text, HasSubstr("message=\"kept\""));
}

TEST(Junit, LeavesOutWhatIsLeastMissedAndSaysSo) {
  model::RunReport report = golden::make_passing_report();
  const model::TestRecord passed = report.suites[0].tests[0];
  model::TestRecord failed = passed;
  failed.attempts[0].outcome = Outcome::failed;
  failed.attempts[0].message = "kept";
  report.suites[0].tests.assign(5000, passed);
  report.suites[0].tests[3000] = failed;
  const std::string text = junit_within(report, 100'000);
  EXPECT_LE(text.size(), 100'000U);
  EXPECT_THAT(text, HasSubstr("message=\"kept\""));
  EXPECT_THAT(text, HasSubstr("passed tests are left out"));
  EXPECT_THAT(text, HasSubstr("tests=\"1\" failures=\"1\"")) << "of what is there";
  report.suites[0].tests.assign(5000, failed);
  const std::string first = junit_within(report, 100'000);
  EXPECT_LE(first.size(), 100'000U);
  EXPECT_THAT(first, HasSubstr("the first 100 failed tests"));
  EXPECT_EQ(junit_within(report, 10'000'000).find("left_out"), std::string::npos);
}

}  // namespace
}  // namespace rh::reporters
