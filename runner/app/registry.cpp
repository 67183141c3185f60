#include "runner/app/registry.h"

#include "profiles/analysis/summary.h"
#include "reporters/profile/json.h"

namespace rh::app {
namespace {

std::vector<engine::AdapterRow> adapter_rows() {
  return {
      {"pytest", "Python suites run by pytest", adapters::make_pytest_adapter},
      {"npm", "npm packages with node:test, vitest, jest or mocha", adapters::make_npm_adapter},
      {"go", "Go modules and workspaces", adapters::make_go_adapter},
      {"cargo", "Rust packages and workspaces, doctests included", adapters::make_cargo_adapter},
      {"custom", "suites that runharness.toml adds", adapters::make_custom_adapter},
  };
}

std::vector<collectors::ResultFormat> result_rows() {
  return {
      {"rh-events", "stream of the injected plugins", collectors::make_rh_events_reader, collectors::sniff_rh_events},
      {"go-json", "go test -json", collectors::make_go_json_reader, collectors::sniff_go_json},
      {"libtest-json", "Rust libtest, JSON", collectors::make_libtest_json_reader, collectors::sniff_libtest_json},
      {"libtest-text", "Rust libtest, text", collectors::make_libtest_text_reader, collectors::sniff_libtest_text},
      {"junit", "JUnit XML", collectors::make_junit_reader, collectors::sniff_junit, collectors::summarise_junit},
      {"tap", "Test Anything Protocol 12 to 14", collectors::make_tap_reader, collectors::sniff_tap},
      {"trx", "Visual Studio and dotnet test", collectors::make_trx_reader, collectors::sniff_trx},
      {"nunit", "NUnit 2 and 3", collectors::make_nunit_reader, collectors::sniff_nunit},
      {"xunit-net", "xUnit.net 2", collectors::make_xunit_net_reader, collectors::sniff_xunit_net},
      {"ctest", "CTest's Test.xml", collectors::make_ctest_xml_reader, collectors::sniff_ctest_xml},
  };
}

std::vector<collectors::CoverageFormat> coverage_rows() {
  return {
      {"lcov", "LCOV tracefile", collectors::read_lcov, collectors::sniff_lcov},
      {"cobertura", "Cobertura XML", collectors::read_cobertura, collectors::sniff_cobertura},
      {"go-cover", "Go coverprofile", collectors::read_go_cover, collectors::sniff_go_cover},
      {"simplecov", "SimpleCov .resultset.json", collectors::read_simplecov, collectors::sniff_simplecov},
      {"coverage-py-json", "coverage.py JSON", collectors::read_coverage_py_json, collectors::sniff_coverage_py_json},
      {"coverage-py-data", ".coverage, the data file of coverage.py", collectors::read_coverage_py_data,
       collectors::sniff_coverage_py_data},
      {"gcovr-json", "gcovr JSON", collectors::read_gcovr_json, collectors::sniff_gcovr_json},
      {"gcov-json", "gcov JSON (.gcov.json.gz)", collectors::read_gcov_json, collectors::sniff_gcov_json},
      {"istanbul", "Istanbul coverage-final.json", collectors::read_istanbul, collectors::sniff_istanbul},
      {"v8", "V8 block coverage (NODE_V8_COVERAGE, puppeteer, playwright)", collectors::read_v8, collectors::sniff_v8,
       collectors::read_v8_together},
      {"llvm-cov", "llvm-cov export JSON", collectors::read_llvm_cov, collectors::sniff_llvm_cov},
      {"coverlet", "coverlet JSON", collectors::read_coverlet, collectors::sniff_coverlet},
      {"xccov", "xccov JSON", collectors::read_xccov, collectors::sniff_xccov},
      {"jacoco", "JaCoCo XML", collectors::read_jacoco, collectors::sniff_jacoco},
      {"clover", "Clover XML", collectors::read_clover, collectors::sniff_clover},
      {"opencover", "OpenCover XML", collectors::read_opencover, collectors::sniff_opencover},
      {"visual-studio", "Visual Studio coverage XML", collectors::read_visual_studio, collectors::sniff_visual_studio},
      {"sonar", "Sonar generic coverage XML", collectors::read_sonar, collectors::sniff_sonar},
  };
}

std::vector<reporters::Reporter> reporter_rows() {
  return {
      {"json", "report.json", "everything, schema-versioned", reporters::render_json, true},
      {"html", "report.html", "self-contained page", reporters::render_html, true},
      {"junit", "junit.xml", "merged JUnit XML", reporters::render_junit, true},
      {"lcov", "lcov.info", "merged coverage as LCOV tracefile", reporters::render_lcov, true},
      {"markdown", "summary.md", "summary of the run", reporters::render_markdown, true},
      {"pull-request", "comment.md", "comment of a pull or merge request, with the change against the base",
       reporters::render_pull_request},
      {"cobertura", "coverage.xml", "merged coverage as Cobertura XML", reporters::render_cobertura},
      {"coverage-json", "coverage.json", "merged coverage as JSON", reporters::render_coverage_json},
      {"coverage-text", "coverage.txt", "coverage of each file as a table", reporters::render_coverage_text},
      {"coverage-markdown", "coverage.md", "the same in Markdown", reporters::render_coverage_markdown},
      {"agent", "agent.txt", "verdict, failures and reruns in at most 8 KB", reporters::render_agent},
      {"ctrf", "ctrf-report.json", "Common Test Report Format", reporters::render_ctrf},
      {"tap", "results.tap", "TAP version 14", reporters::render_tap},
      {"sarif", "runharness.sarif", "SARIF 2.1.0 for code scanning", reporters::render_sarif},
      {"github", "github-annotations.txt", "workflow commands of GitHub Actions; PATH - prints them",
       reporters::render_github},
      {"github-summary", "github-summary.md", "the summary, added to the end of PATH ($GITHUB_STEP_SUMMARY)",
       reporters::render_markdown, false, true},
      {"gitlab-quality", "gl-code-quality-report.json", "GitLab's code quality report",
       reporters::render_gitlab_quality},
      {"metrics", "metrics.txt", "OpenMetrics, which GitLab shows as metrics report", reporters::render_metrics},
      {"badge-coverage", "coverage.svg", "SVG badge of the coverage", reporters::render_coverage_badge},
      {"badge-patch", "patch.svg", "SVG badge of the patch coverage", reporters::render_patch_badge},
      {"badge-tests", "tests.svg", "SVG badge of the tests", reporters::render_tests_badge},
  };
}

std::string profile_json(const model::Profile& profile) {
  return reporters::profile_to_json(profile, profiles::summarize(profile));
}

}  // namespace

const engine::Registry& registry() {
  static const engine::Registry rows{adapter_rows(),
                                     result_rows(),
                                     coverage_rows(),
                                     reporter_rows(),
                                     {profiles::make_step_profiler, profiles::join_tests, profile_json}};
  return rows;
}

}  // namespace rh::app
