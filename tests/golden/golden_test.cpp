// Every reporter on one fixed run, compared with approved bytes. tests/approve.sh rewrites the approved
// files; the difference is reviewed like code.
#include <cstdlib>

#include <gtest/gtest.h>

#include "profiles/analysis/diff.h"
#include "profiles/analysis/summary.h"
#include "profiles/export/exporter.h"
#include "reporters/profile/json.h"
#include "reporters/profile/text.h"
#include "reporters/reporter.h"
#include "runner/base/file.h"
#include "tests/golden/fixture.h"
#include "tests/golden/page_sections.h"
#include "tests/golden/profile_fixture.h"

namespace rh::golden {
namespace {

void compare(const std::string& name, const std::string& actual) {
  const std::filesystem::path approved = std::filesystem::path(RUNHARNESS_SOURCE_DIR) / "tests/golden/approved" / name;
  if (std::getenv("RUNHARNESS_APPROVE") != nullptr) {
    const auto written = write_file(approved, actual);
    ASSERT_TRUE(written) << written.error().message();
    return;
  }
  const auto expected = read_file(approved);
  ASSERT_TRUE(expected) << expected.error().message();
  EXPECT_TRUE(*expected == actual) << "tests/golden/approved/" << name
                                   << " differs; run tests/approve.sh and review the difference.\n"
                                   << actual.substr(0, 4000);
}

TEST(Golden, Json) { compare("report.json", reporters::render_json(make_report()).value()); }
// The page itself is the build's; its data is the reporter's.
TEST(Golden, DataOfTheHtmlReport) {
  std::string text;
  for (const auto& [name, json] : sections_of(reporters::render_html(make_report()).value()))
    text += name + "\n" + json + "\n";
  compare("html.txt", text);
}
TEST(Golden, Junit) { compare("junit.xml", reporters::render_junit(make_report()).value()); }
TEST(Golden, Lcov) { compare("lcov.info", reporters::render_lcov(make_report()).value()); }
TEST(Golden, Markdown) { compare("summary.md", reporters::render_markdown(make_report()).value()); }
TEST(Golden, MarkdownOfAPassingRun) {
  compare("summary-passing.md", reporters::render_markdown(make_passing_report()).value());
}

TEST(Golden, PullRequest) { compare("comment.md", reporters::render_pull_request(make_report()).value()); }
TEST(Golden, PullRequestOfAPassingRun) {
  compare("comment-passing.md", reporters::render_pull_request(make_passing_report()).value());
}
TEST(Golden, Cobertura) { compare("cobertura.xml", reporters::render_cobertura(make_report()).value()); }
TEST(Golden, CoverageJson) { compare("coverage.json", reporters::render_coverage_json(make_report()).value()); }
TEST(Golden, CoverageText) { compare("coverage.txt", reporters::render_coverage_text(make_report()).value()); }
TEST(Golden, CoverageMarkdown) { compare("coverage.md", reporters::render_coverage_markdown(make_report()).value()); }
TEST(Golden, Ctrf) { compare("ctrf-report.json", reporters::render_ctrf(make_report()).value()); }
TEST(Golden, Tap) { compare("results.tap", reporters::render_tap(make_report()).value()); }
TEST(Golden, Sarif) { compare("runharness.sarif", reporters::render_sarif(make_report()).value()); }
TEST(Golden, Github) { compare("github-annotations.txt", reporters::render_github(make_report()).value()); }
TEST(Golden, GitlabQuality) {
  compare("gl-code-quality.json", reporters::render_gitlab_quality(make_report()).value());
}
TEST(Golden, Metrics) { compare("metrics.txt", reporters::render_metrics(make_report()).value()); }
TEST(Golden, Badges) {
  compare("badge-coverage.svg", reporters::render_coverage_badge(make_report()).value());
  compare("badge-patch.svg", reporters::render_patch_badge(make_report()).value());
  compare("badge-tests.svg", reporters::render_tests_badge(make_report()).value());
  compare("badge-tests-passing.svg", reporters::render_tests_badge(make_passing_report()).value());
}

std::string on_terminal(const model::RunReport& report, const reporters::TerminalOptions& options) {
  std::string screen;
  reporters::make_terminal(options, [&](std::string_view text) { screen += text; })->on_report(report);
  return screen;
}

TEST(Golden, Terminal) { compare("terminal.txt", on_terminal(make_report(), {.columns = 100})); }
TEST(Golden, TerminalInColor) {
  compare("terminal-color.txt", on_terminal(make_report(), {.color = true, .columns = 100}));
}
TEST(Golden, TerminalQuiet) {
  compare("terminal-quiet.txt", on_terminal(make_report(), {.quiet = true, .columns = 100}));
}
TEST(Golden, TerminalOfAPassingRun) {
  compare("terminal-passing.txt", on_terminal(make_passing_report(), {.columns = 100}));
}

TEST(Golden, Suites) {
  std::vector<model::Suite> suites;
  for (const model::SuiteReport& report : make_report().suites) suites.push_back(report.suite);
  suites[2].tool.problem = "cargo was not found: install Rust";
  compare("discover.txt", reporters::suites_to_text(suites, false, {}));
  compare("plan.txt", reporters::suites_to_text(suites, true, {}));
  compare("suites.json", reporters::suites_to_json(suites));
}

TEST(Golden, Profile) {
  const model::Profile profile = make_profile();
  const model::ProfileSummary summary = profiles::summarize(profile);
  compare("profile.txt", reporters::profile_to_text(profile, summary, {.terminal = {.columns = 100}}));
  compare("profile-color.txt", reporters::profile_to_text(profile, summary, {.terminal = {.color = true}}));
  compare("profile.json", reporters::profile_to_json(profile, summary));
}

TEST(Golden, ProfileExports) {
  for (const char* name : {"collapsed", "speedscope", "firefox", "chrome"}) {
    const profiles::Exporter& exporter = *profiles::find_exporter(name);
    compare(std::string(exporter.default_file), exporter.write(make_profile(), model::ProfileClock::cpu).value());
  }
}

TEST(Golden, ProfileDiff) {
  auto diff = profiles::diff_profiles(make_profile(), make_changed_profile(), model::ProfileClock::cpu);
  diff.base.file = "before.json";
  diff.head.file = "after.json";
  const auto rule = profiles::parse_diff_rule("Tokenizer.next>5%");
  ASSERT_TRUE(profiles::judge_diff(diff, {rule.value()}));
  compare("profile-diff.txt", reporters::profile_diff_to_text(diff, {.terminal = {.columns = 100}}));
  compare("profile-diff.json", reporters::profile_diff_to_json(diff));
}

}  // namespace
}  // namespace rh::golden
