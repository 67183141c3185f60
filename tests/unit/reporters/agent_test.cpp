#include <gmock/gmock.h>

#include "reporters/reporter.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kBound = 8192;

model::RunReport with_failures(std::size_t count, std::size_t name_length) {
  model::RunReport report = golden::make_report();
  const model::TestRecord failed = report.suites[0].tests[1];
  report.suites.resize(1);
  report.suites[0].tests.clear();
  for (std::size_t i = 0; i < count; ++i) {
    model::TestRecord record = failed;
    record.test.id.value = "api:pytest::t" + std::to_string(i) + std::string(name_length, 'n') + "!";
    record.quarantine.reset();
    record.attempts[0].message = "expected " + std::string(500, 'm');
    record.attempts[0].details = std::string(3000, 'd');
    report.suites[0].tests.push_back(record);
  }
  return report;
}

TEST(Agent, VerdictAndReasonComeFirst) {
  const std::string text = render_agent(golden::make_report()).value();
  EXPECT_THAT(text,
              StartsWith("FAILED 4 of 13 tests in 4 suites, 6.54 s, 1 skipped, 1 flaky: core:cargo could not be"));
  EXPECT_THAT(text, HasSubstr("rerun: "));
  EXPECT_THAT(text, HasSubstr(" at api/test_math.py:12"));
  EXPECT_THAT(text, HasSubstr("GATE coverage.total (run): line coverage is 71.42 %, below 80 %"));
  EXPECT_LE(text.size(), kBound);
}

TEST(Agent, NamesEveryFailureWhileTheyFit) {
  for (const std::size_t count : {1U, 5U, 20U, 60U, 140U}) {
    const std::string text = render_agent(with_failures(count, 20)).value();
    EXPECT_LE(text.size(), kBound) << count;
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_THAT(text, HasSubstr("api:pytest::t" + std::to_string(i) + std::string(20, 'n') + "!")) << count;
    EXPECT_THAT(text, Not(HasSubstr("more failed tests")));
  }
}

TEST(Agent, CountsThoseThatDoNotFit) {
  const std::string text = render_agent(with_failures(5000, 100)).value();
  EXPECT_LE(text.size(), kBound);
  std::size_t named = 0;
  for (std::size_t at = text.find("\nFAIL "); at != std::string::npos; at = text.find("\nFAIL ", at + 1)) ++named;
  EXPECT_GT(named, 40U);
  EXPECT_THAT(text, HasSubstr("... and " + std::to_string(5000 - named) + " more failed tests"));
  EXPECT_THAT(text, HasSubstr("details: "));
}

TEST(Agent, LongTextsElsewhereLeaveRoomForFailures) {
  model::RunReport report = with_failures(3, 20);
  report.exit_reason = std::string(100'000, 'r');
  report.run.directory = std::string(5000, 'p');
  report.suites[0].status = model::SuiteStatus::crashed;
  report.suites.insert(report.suites.end(), 200, report.suites[0]);
  for (std::size_t i = 1; i < report.suites.size(); ++i) report.suites[i].tests.clear();
  report.gates.insert(report.gates.end(), 200, golden::make_report().gates[0]);
  report.diagnostics.insert(report.diagnostics.end(), 200, golden::make_report().diagnostics[0]);
  const std::string text = render_agent(report).value();
  EXPECT_LE(text.size(), kBound);
  for (const char* id : {"::t0n", "::t1n", "::t2n"}) EXPECT_THAT(text, HasSubstr(id));
}

}  // namespace
}  // namespace rh::reporters
