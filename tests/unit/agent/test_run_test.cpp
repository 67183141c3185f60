// The short answer of a test run: stable bytes, paths, arguments of pytest, and what no test reaches.
#include "runner/agent/project/test_run.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runner/agent/project/coverage_gaps.h"
#include "runner/agent/project/words.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

using Words = std::vector<std::string>;

TEST(StableText, HasNoTimesAddressesOrFolders) {
  EXPECT_EQ(stable_text("PASSED 21 tests in 1 suite, 5.40 s, 1 skipped\ncoverage 85.71 % (54 of 63 lines)\n"
                        "details: /x/.runharness/runs/01a1/report.json\n"),
            "PASSED 21 tests in 1 suite, 1 skipped\ncoverage 85.71 % (54 of 63 lines)\n");
  EXPECT_EQ(stable_text("FAILED 1 of 3 tests in 1 suite, 3m 05s: 1 test failed of 3 (exit code 1)\n"
                        "    assert <T object at 0x7f3a5c0b9d10> == 0xff in /tmp/pytest-of-root/pytest-17/a0\n"),
            "FAILED 1 of 3 tests in 1 suite: 1 test failed of 3 (exit code 1)\n"
            "    assert <T object at 0x…> == 0xff in /tmp/pytest-of-root/pytest-N/a0\n");
}

TEST(ShellWords, AreThoseOfAShell) {
  EXPECT_EQ(*shell_words(R"(-v --tb=short -k 'a and not b' -m "slow \"x\"" a\ b "")"),
            (Words{"-v", "--tb=short", "-k", "a and not b", "-m", "slow \"x\"", "a b", ""}));
  EXPECT_FALSE(shell_words("-k 'open"));
}

TEST(PytestArguments, LeaveCoverageToUs) {
  const auto arguments =
      without_coverage_options({"-v", "--cov", "--cov=src", "--cov-report", "xml", "--cov-fail-under=71", "-x"});
  EXPECT_EQ(arguments.words, (Words{"-v", "-x"}));
  EXPECT_EQ(arguments.coverage, true);
  EXPECT_EQ(arguments.threshold, 71);
  EXPECT_EQ(without_coverage_options({"--no-cov"}).coverage, false);
}

TEST(TestTarget, FindsTheProjectOfAPath) {
  const auto folder = TempDir::make("rh-target-");
  ASSERT_TRUE(folder);
  const auto project = std::filesystem::canonical(folder->path());
  for (const char* name : {"pyproject.toml", "tests/unit/test_a.py", "tests/unit/notes.txt", "web/package.json"}) {
    ASSERT_TRUE(make_directories((project / name).parent_path()));
    ASSERT_TRUE(write_file(project / name, ""));
  }
  auto target = test_target({}, project);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->roots, std::vector{project});
  target = test_target({"tests/unit", "tests/unit/test_a.py::test_x"}, project);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->roots, std::vector{project});
  EXPECT_EQ(target->narrowed, (Words{"tests/unit", "tests/unit/test_a.py::test_x"}));
  target = test_target({"web"}, project);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->roots, std::vector{project / "web"});
  EXPECT_FALSE(test_target({".."}, project));
  EXPECT_FALSE(test_target({"nowhere"}, project));
  EXPECT_FALSE(test_target({"web", "tests/unit"}, project));
  EXPECT_FALSE(test_target({"tests/unit/notes.txt"}, project));
}

model::CoverageReport coverage_of(std::vector<model::LineHits> lines) {
  model::CoverageReport coverage;
  model::CoverageFile file;
  file.path = "calc.py";
  file.lines = std::move(lines);
  coverage.files.push_back(std::move(file));
  return coverage;
}

TEST(CoverageGaps, RangesCrossLinesWithoutCode) {
  const auto files = untested_files(coverage_of({{1, 1}, {2, 0}, {4, 0}, {5, 3}, {9, 0}}));
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(to_text(files[0].ranges), "2-4, 9");
  EXPECT_EQ(files[0].lines, 3U);
  EXPECT_EQ(files[0].ratio, (model::Ratio{5, 2}));
  EXPECT_TRUE(untested_files(coverage_of({{1, 1}})).empty());
}

TEST(CoverageGaps, SayWhichTestWouldReachThem) {
  constexpr std::string_view kSource =
      "def div(a, b):\n    if b == 0:\n        raise ZeroDivisionError(\"b\")\n    return a / b\n\n\n"
      "def unused(x):\n    for i in range(x):\n        print(i)\n    return x\n";
  const auto files = untested_files(coverage_of({{1, 1}, {2, 1}, {3, 0}, {4, 1}, {7, 1}, {8, 0}, {9, 0}, {10, 0}}));
  const auto paths = untested_paths_of(files[0], kSource);
  ASSERT_EQ(paths.size(), 2U);
  EXPECT_EQ(paths[0].function, "div");
  EXPECT_EQ(paths[0].condition, "if b == 0");
  EXPECT_EQ(paths[0].suggestion, "call `div` so that `if b == 0` holds, and expect that ZeroDivisionError is raised");
  EXPECT_EQ(paths[1].function, "unused");
  EXPECT_EQ(paths[1].lines, (model::LineRange{8, 10}));
  EXPECT_EQ(paths[1].condition, "");
}

TEST(TestRecord, JudgesTheThresholdExactly) {
  model::RunReport report;
  report.coverage.totals.lines = model::Ratio{1000, 799};
  EXPECT_EQ(below_threshold(report, {80, false}), true);
  report.coverage.totals.lines = model::Ratio{1000, 800};
  EXPECT_EQ(below_threshold(report, {80, false}), false);
  report.coverage.totals.lines.reset();
  EXPECT_EQ(below_threshold(report, {80, false}), std::nullopt);
  const auto record = test_record(report, {80, false}, {});
  EXPECT_TRUE(record["coverage"].is_null());
  EXPECT_TRUE(record["coverage_met"].is_null());
}

}  // namespace
}  // namespace rh::agent
