#include <gmock/gmock.h>

#include "reporters/reporter.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Markdown, FitsIntoACommentAndKeepsWhatMatters) {
  model::RunReport report = golden::make_report();
  model::TestRecord failed = report.suites[0].tests[1];
  failed.attempts[0].details = std::string(10'000, 'x');
  report.suites[0].tests.insert(report.suites[0].tests.end(), 5000, failed);
  report.suites.insert(report.suites.end(), 1000, report.suites[3]);
  report.diagnostics.insert(report.diagnostics.end(), 1000, report.diagnostics[0]);
  report.gates.insert(report.gates.end(), 1000, report.gates[0]);
  const std::string page = render_markdown(report).value();
  EXPECT_LE(page.size(), 61'000U);
  EXPECT_THAT(page, HasSubstr("more suites"));
  EXPECT_THAT(page, HasSubstr("more failed tests"));
  EXPECT_THAT(page, HasSubstr("more gates"));
  EXPECT_THAT(page, HasSubstr("more diagnostics"));
  EXPECT_THAT(page, HasSubstr("isolation: contained"));
}

TEST(Markdown, NamesCannotLeaveTheirPlace) {
  model::RunReport report = golden::make_passing_report();
  report.suites[0].suite.id.value = "a|b``c\n| x |";
  report.exit_code = 1;
  report.exit_reason = "@team <img> [x](y) #1";
  const std::string page = render_markdown(report).value();
  EXPECT_THAT(page, HasSubstr("| ``` a\\|b``c \\| x \\| ``` |"));
  EXPECT_THAT(page, Not(HasSubstr("@team")));
  EXPECT_THAT(page, Not(HasSubstr("<img>")));
  EXPECT_THAT(page, Not(HasSubstr("[x](y)")));
}

TEST(Markdown, FenceIsLongerThanWhatItHolds) {
  model::RunReport report = golden::make_report();
  report.suites[0].tests[1].attempts[0].details = "````\nescaped?\n";
  EXPECT_THAT(render_markdown(report).value(), HasSubstr("`````text\n````\nescaped?\n`````\n"));
}

}  // namespace
}  // namespace rh::reporters
