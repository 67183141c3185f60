// What annotates code: the common list of problems, and GitHub, SARIF and GitLab made of it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "reporters/problems.h"
#include "reporters/reporter.h"
#include "runner/base/text.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

model::RunReport with_many_failures(std::size_t count) {
  model::RunReport report = golden::make_report();
  model::TestRecord failed = report.suites[0].tests[1];
  failed.quarantine.reset();
  for (std::size_t i = 0; i < count; ++i) {
    failed.test.id.value = "api:pytest::" + std::to_string(i);
    report.suites[0].tests.push_back(failed);
  }
  return report;
}

TEST(Problems, WorstComeFirstAndQuarantineIsNoError) {
  const std::vector<Problem> problems = problems_of(golden::make_report());
  EXPECT_TRUE(std::is_sorted(problems.begin(), problems.end(),
                             [](const Problem& a, const Problem& b) { return a.level < b.level; }));
  EXPECT_EQ(problems.front().rule, "suite-broken");
  for (const Problem& problem : problems)
    EXPECT_TRUE(problem.title.find("in quarantine") == std::string::npos || problem.level == ProblemLevel::warning);
}

TEST(Problems, UncoveredLinesOfAPatchAreRanges) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  for (const Problem& problem : problems_of(golden::make_report()))
    if (problem.rule == "patch-uncovered") ranges.emplace_back(problem.line, problem.end_line);
  EXPECT_THAT(ranges, testing::ElementsAre(testing::Pair(4U, 5U)));
}

TEST(Github, KeepsToTenOfALevelAndSaysHowManyThereAre) {
  const std::string text = render_github(with_many_failures(500)).value();
  std::size_t errors = 0, warnings = 0;
  for (const std::string_view line : split_lines(text)) {
    errors += line.starts_with("::error ");
    warnings += line.starts_with("::warning ");
  }
  EXPECT_EQ(errors, 10U);
  EXPECT_LE(warnings, 10U);
  EXPECT_THAT(text, HasSubstr("more like these: see the report of the run"));
}

TEST(Github, NothingOfATestStartsACommandOfItsOwn) {
  model::RunReport report = golden::make_report();
  report.suites[0].tests[1].attempts[0].message = "x\n::set-output name=a::b\r\n::add-mask::y";
  report.suites[0].tests[1].attempts[0].details = "\n::stop-commands::t\n";
  report.suites[0].tests[1].test.file = "a,line=1::b.py";
  const std::string text = render_github(report).value();
  for (const std::string_view line : split_lines(text))
    EXPECT_TRUE(line.empty() || line.starts_with("::error ") || line.starts_with("::warning ") ||
                line.starts_with("::notice "))
        << line;
  EXPECT_THAT(text, HasSubstr("file=api/a%2Cline=1%3A%3Ab.py,"));
}

TEST(Sarif, ResultsHavePlacesAndNotificationsHaveNone) {
  const Json run = Json::parse(render_sarif(golden::make_report()).value()).at("runs").at(0);
  ASSERT_FALSE(run.at("results").empty());
  for (const Json& result : run.at("results")) {
    const Json& place = result.at("locations").at(0).at("physicalLocation");
    EXPECT_FALSE(place.at("artifactLocation").at("uri").get<std::string>().empty());
    EXPECT_GE(place.at("region").at("startLine").get<int>(), 1);
  }
  EXPECT_EQ(run.at("invocations").at(0).at("exitCode"), 5);
  EXPECT_FALSE(run.at("invocations").at(0).at("toolExecutionNotifications").empty());
}

TEST(Sarif, IsBoundedAndEscapesPaths) {
  model::RunReport report = with_many_failures(6000);
  report.suites[0].tests[2].test.file = "a b/ü%.py";
  const Json run = Json::parse(render_sarif(report).value()).at("runs").at(0);
  EXPECT_EQ(run.at("results").size(), 5000U);
  const Json& place = run.at("results").at(0).at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "api/a%20b/%C3%BC%25.py");
}

TEST(GitlabQuality, FingerprintsAreUniqueAndStable) {
  const Json first = Json::parse(render_gitlab_quality(with_many_failures(200)).value());
  std::set<std::string> fingerprints;
  for (const Json& problem : first) fingerprints.insert(problem.at("fingerprint"));
  EXPECT_EQ(fingerprints.size(), first.size());
  EXPECT_EQ(Json::parse(render_gitlab_quality(with_many_failures(200)).value()), first);
}

TEST(Ctrf, CountsAddUpAndIdsAreUuids) {
  const Json results = Json::parse(render_ctrf(golden::make_report()).value()).at("results");
  const Json& summary = results.at("summary");
  EXPECT_EQ(summary.at("tests"), results.at("tests").size());
  EXPECT_EQ(summary.at("tests").get<int>(), summary.at("passed").get<int>() + summary.at("failed").get<int>() +
                                                summary.at("skipped").get<int>() + summary.at("pending").get<int>() +
                                                summary.at("other").get<int>());
  std::set<std::string> ids;
  for (const Json& test : results.at("tests")) {
    const std::string id = test.at("id");
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '8');
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), results.at("tests").size());
}

TEST(Tap, PlanEqualsPointsAndTextsStayInTheirPlace) {
  model::RunReport report = golden::make_report();
  report.suites[0].tests[0].test.name = "a # SKIP b\nok 99";
  report.suites[0].tests[1].attempts[0].details = "...\nnot ok 7\n---";
  const std::string text = render_tap(report).value();
  std::size_t points = 0;
  for (const std::string_view line : split_lines(text))
    points += line.starts_with("ok ") || line.starts_with("not ok ");
  EXPECT_THAT(text, StartsWith("TAP version 14\n1.." + std::to_string(points) + "\n"));
  EXPECT_THAT(text, HasSubstr("a \\# SKIP b ok 99"));
  EXPECT_THAT(text, HasSubstr("# TODO in quarantine until 2026-12-31"));
}

TEST(Cobertura, RatesAreRoundedDown) {
  model::RunReport report = golden::make_report();
  report.coverage.totals.lines = model::Ratio{100'000, 99'999};
  EXPECT_THAT(render_cobertura(report).value(), HasSubstr("line-rate=\"0.9999\""));
}

TEST(Badge, PartIsNeverShownAsTheWhole) {
  model::RunReport report = golden::make_report();
  report.coverage.totals.lines = model::Ratio{100'000, 99'999};
  EXPECT_THAT(render_coverage_badge(report).value(), HasSubstr(">99.9%<"));
  report.coverage.totals.lines = model::Ratio{7, 7};
  EXPECT_THAT(render_coverage_badge(report).value(), HasSubstr(">100%<"));
  report.coverage.totals.lines.reset();
  EXPECT_THAT(render_coverage_badge(report).value(), HasSubstr(">no data<"));
}

TEST(PullRequest, FitsIntoACommentAndKeepsTheVerdict) {
  model::RunReport report = with_many_failures(5000);
  report.gates.insert(report.gates.end(), 1000, report.gates[0]);
  report.patch->files.insert(report.patch->files.end(), 2000, report.patch->files[0]);
  const std::string page = render_pull_request(report).value();
  EXPECT_LE(page.size(), 61'000U);
  EXPECT_THAT(page, StartsWith("<!-- runharness"));
  EXPECT_THAT(page, HasSubstr("more failed tests"));
  EXPECT_THAT(page, HasSubstr("| line coverage | 83.33 % | 71.42 % | -11.91 |"));
}

TEST(PullRequest, WithoutABaseNothingIsCompared) {
  model::RunReport report = golden::make_report();
  report.base.reset();
  report.patch.reset();
  const std::string page = render_pull_request(report).value();
  EXPECT_THAT(page, HasSubstr("| tests |  | 13 |  |"));
  EXPECT_THAT(page, Not(HasSubstr("Base:")));
}

}  // namespace
}  // namespace rh::reporters
