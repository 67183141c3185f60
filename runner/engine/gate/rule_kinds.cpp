// The table of rule kinds. A new kind is a row here and a judge.
#include "runner/engine/gate/figures.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/past_rules.h"
#include "runner/engine/gate/rule.h"

namespace rh::engine {
namespace {

using enum FieldType;
using enum NoDataPolicy;

constexpr std::string_view kCategories = "UNC|LBC|UIC|UBC|GBC|GIC|GNC|CBC|EUB|ECB|DUB|DCB";
constexpr std::string_view kPatchMetrics = "lines|full_lines|branches";

constexpr RuleField kMetric{
    "metric", text,     false,
    "lines",  kMetrics, "what is counted; full_lines: lines with all their branches; combined: lines and branches"};
constexpr RuleField kMinShare{"min", percent, true, "", "", "least share that is covered"};
constexpr RuleField kMaxTests{
    "max", count_or_percent, true, "", "", "most tests, as a number or as a share such as \"2%\""};
constexpr RuleField kDepth{
    "depth", count, false, "0", "", "folders of a path that make a directory; 0: the folder that the file lies in"};
constexpr std::string_view kCountedMetrics = "lines|branches|functions|statements|regions|combined";
constexpr RuleField kCounted{
    "metric", text, false, "lines", kCountedMetrics, "what is counted; combined: lines and branches"};
constexpr RuleField kGrowth{"per", text, false, "total", "total|directory|file", "what must not get worse"};
constexpr RuleField kMore{"tolerance", count, false, "0", "", "how many more are tolerated"};
constexpr RuleField kPer{"per", text, false, "suite", "suite|test", "whose figure"};
constexpr RuleField kMaxTime{"max", duration, true, "", "", "longest time"};

std::vector<RuleKind> test_kinds() {
  using enum ScopeUse;
  return {
      {"tests.max_failures", "failed tests that are tolerated", fail, suites, {kMaxTests}, judge_max_failures},
      {"tests.min",
       "tests that must have run, skipped ones not counted",
       fail,
       suites,
       {{"min", count, true, "", "", "least number of tests"}},
       judge_min_tests},
      {"tests.max_skipped", "skipped tests", fail, suites, {kMaxTests}, judge_max_skipped},
      {"tests.max_flaky", "tests that passed only on a retry", fail, suites, {kMaxTests}, judge_max_flaky},
      {"tests.max_quarantined", "failures that a quarantine hides", fail, suites, {kMaxTests}, judge_max_quarantined},
      {"tests.max_expected_failures",
       "tests that are expected to fail, and did",
       fail,
       suites,
       {kMaxTests},
       judge_max_expected_failures},
      {"tests.required",
       "tests that must have run and passed",
       fail,
       suites,
       {{"tests", texts, true, "", "", "globs of test ids or names"}},
       judge_required_tests,
       true},
      {"tests.ratchet", "no suite has fewer tests than the baseline", fail, suites, {kMore}, judge_test_ratchet},
  };
}

std::vector<RuleKind> coverage_kinds() {
  using enum ScopeUse;
  return {
      {"coverage.total",
       "coverage of everything in the scope",
       fail,
       files_and_suites,
       {kMinShare, kMetric},
       judge_coverage_total},
      {"coverage.directory",
       "coverage of each directory",
       fail,
       files_and_suites,
       {kMinShare, kMetric, kDepth},
       judge_coverage_parts},
      {"coverage.file", "coverage of each file", fail, files_and_suites, {kMinShare, kMetric}, judge_coverage_parts},
      {"coverage.new_file",
       "coverage of each file that the patch adds",
       pass,
       files,
       {kMinShare, kMetric},
       judge_new_files,
       false,
       true},
      {"coverage.max_uncovered",
       "how much may stay uncovered, as a number",
       fail,
       files_and_suites,
       {{"max", count, true, "", "", "most that is not covered"},
        kMetric,
        {"per", text, false, "total", "total|directory|file", "of what"},
        kDepth},
       judge_max_uncovered},
  };
}

// Those that compare with a base or with a baseline.
std::vector<RuleKind> comparing_kinds() {
  using enum ScopeUse;
  return {
      {"coverage.patch",
       "coverage of what the patch changes",
       pass,
       files,
       {kMinShare,
        {"metric", text, false, "lines", kPatchMetrics, "what is counted; full_lines: lines with all their branches"},
        {"min_size", count, false, "", "", "smaller patches are not judged: lines or branches with coverage data"}},
       judge_patch,
       false,
       true},
      {"coverage.missing",
       "changed source files that no coverage report names",
       warn,
       files,
       {},
       judge_missing,
       false,
       true},
      {"coverage.categories",
       "lines or branches of these differential categories of lcov 2",
       warn,
       ScopeUse::run,
       {{"max", count, false, "0", "", "most of them together"},
        {"categories", texts, false, "", kCategories, "UNC, LBC and UIC unless named"},
        {"metric", text, false, "lines", "lines|branches", "of what"}},
       judge_categories,
       false,
       true},
      {"coverage.no_decrease",
       "no more uncovered than at the merge base",
       warn,
       files_and_suites,
       {kMetric, kGrowth, kDepth, kMore},
       judge_no_decrease,
       false,
       true},
      {"coverage.ratchet",
       "no more uncovered than in the committed baseline",
       fail,
       files_and_suites,
       {kCounted, {"per", text, false, "file", "total|directory|file", "what must not get worse"}, kDepth, kMore},
       judge_coverage_ratchet},
  };
}

std::vector<RuleKind> run_kinds() {
  using enum ScopeUse;
  return {
      {"resources.max_wall", "wall time of a suite or test", fail, suites, {kMaxTime, kPer}, judge_max_wall},
      {"resources.max_cpu", "CPU time of a suite or test", fail, suites, {kMaxTime, kPer}, judge_max_cpu},
      {"resources.max_memory",
       "peak memory of a suite or test",
       fail,
       suites,
       {{"max", size, true, "", "", "highest peak"}, kPer},
       judge_max_memory},
      {"resources.ratchet",
       "no figure far above the committed baseline",
       warn,
       suites,
       {{"of", text, true, "", "wall|cpu|memory", "which figure"},
        kPer,
        {"tolerance", percent, false, "25", "", "how far above", 10'000}},
       judge_resource_ratchet},
      {"isolation.level",
       "isolation that every suite must have reached",
       fail,
       suites,
       {{"min", text, true, "", "contained|strict", "least level"}},
       judge_isolation},
      {"leaks.processes",
       "processes that outlived their suite",
       fail,
       suites,
       {{"max", count, false, "0", "", "most processes"}},
       judge_leaks},
      {"diagnostics.max",
       "diagnostics of the run: damaged results, contradictions, degraded measurement",
       fail,
       suites,
       {{"max", count, false, "0", "", "most diagnostics"},
        {"severity", text, false, "warning", "info|warning|error", "this one and worse"},
        {"codes", texts, false, "", "", "globs of their codes"}},
       judge_diagnostics},
  };
}

std::vector<RuleKind> all_kinds() {
  std::vector<RuleKind> kinds = test_kinds();
  for (auto* more : {coverage_kinds, comparing_kinds, run_kinds, past_kinds})
    for (RuleKind& kind : more()) kinds.push_back(std::move(kind));
  return kinds;
}

}  // namespace

const std::vector<RuleKind>& rule_kinds() {
  static const std::vector<RuleKind> kinds = all_kinds();
  return kinds;
}

}  // namespace rh::engine
