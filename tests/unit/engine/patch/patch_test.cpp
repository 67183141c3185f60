// The whole: git and coverage together, and coverage of another text.
#include <gmock/gmock.h>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

using namespace rh::model;
using ::testing::HasSubstr;

PatchOutcome outcome_of(const GitRepository& repository, const CoverageReport& head, bool dirty = false,
                        const CoverageReport* base = nullptr) {
  const MachineHost host(git_environment());
  auto outcome = patch_coverage(host, {repository.root(), "base", {dirty}, {}}, head, base);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message());
  return outcome ? *outcome : PatchOutcome{};
}

CoverageReport report_of(const std::string& path, std::vector<LineHits> lines, const std::string& hash = {}) {
  CoverageFile file{path, std::move(lines), {}, {}, {}};
  file.source_hash = hash;
  CoverageReport report;
  report.files.push_back(std::move(file));
  return report;
}

class PatchTexts : public ::testing::Test {
 protected:
  void SetUp() override {
    repository.commit({{"a.py", lines("abc")}});
    repository.git({"branch", "base"});
    repository.commit({{"a.py", lines("aXYc")}});
  }
  std::string hash(const std::string& path) { return repository.git({"hash-object", "--no-filters", path}); }
  GitRepository repository;
};

TEST_F(PatchTexts, OfTheSameText) {
  const auto outcome = outcome_of(repository, report_of("a.py", {{2, 1}, {3, 0}}, hash("a.py")));
  EXPECT_EQ(outcome.report.lines, (Ratio{2, 1}));
  EXPECT_TRUE(outcome.diagnostics.empty());
  EXPECT_EQ(outcome.report.categories_reason, "no coverage of the base was given");
}

TEST_F(PatchTexts, OfAnotherText) {
  const std::string old = repository.git({"rev-parse", "base:a.py"});
  const auto outcome = outcome_of(repository, report_of("a.py", {{2, 1}, {3, 1}}, old));
  EXPECT_EQ(outcome.report.lines, (Ratio{0, 0}));
  EXPECT_TRUE(missing_from_reports(outcome.report.files[0]));
  EXPECT_THAT(outcome.report.files[0].note, HasSubstr("of another text: it measured " + old.substr(0, 12)));
  ASSERT_EQ(outcome.diagnostics.size(), 1U);
  EXPECT_EQ(outcome.diagnostics[0].code, "patch-stale-coverage");
  EXPECT_THAT(outcome.diagnostics[0].message, HasSubstr("run the tests again"));
}

TEST_F(PatchTexts, MeasuredBeforeTheLastEditWasCommitted) {
  repository.write("a.py", lines("aXYZc"));
  const CoverageReport coverage = report_of("a.py", {{2, 1}, {3, 0}, {4, 1}}, hash("a.py"));
  const auto head = outcome_of(repository, coverage);
  EXPECT_EQ(head.report.lines, (Ratio{0, 0}));
  ASSERT_EQ(head.diagnostics.size(), 1U);
  EXPECT_THAT(head.diagnostics[0].message, HasSubstr("uncommitted changes"));
  EXPECT_EQ(outcome_of(repository, coverage, true).report.lines, (Ratio{3, 2}));
}

// No format but ours says which text was measured; then the work tree's state is all there is to tell.
TEST_F(PatchTexts, OfATextThatIsNotNamed) {
  const CoverageReport coverage = report_of("a.py", {{2, 1}, {3, 0}});
  EXPECT_TRUE(outcome_of(repository, coverage).diagnostics.empty());
  repository.write("a.py", lines("aXYZc"));
  const auto outcome = outcome_of(repository, coverage);
  EXPECT_EQ(outcome.report.lines, (Ratio{2, 1}));
  ASSERT_EQ(outcome.diagnostics.size(), 1U);
  EXPECT_EQ(outcome.diagnostics[0].code, "patch-uncommitted");
  EXPECT_TRUE(outcome_of(repository, coverage, true).diagnostics.empty());
}

// The work tree has CRLF where git stores LF: the same text.
TEST_F(PatchTexts, WithOtherLineEndings) {
  repository.git({"config", "core.autocrlf", "true"});
  repository.write("a.py", "a\r\nX\r\nY\r\nc\r\n");
  const auto outcome = outcome_of(repository, report_of("a.py", {{2, 1}, {3, 0}}, hash("a.py")));
  EXPECT_EQ(outcome.report.lines, (Ratio{2, 1}));
  EXPECT_TRUE(outcome.diagnostics.empty());
}

TEST_F(PatchTexts, CategoriesWithCoverageOfTheBase) {
  const CoverageReport base = report_of("a.py", {{1, 1}, {2, 1}, {3, 1}});
  const auto outcome = outcome_of(repository, report_of("a.py", {{1, 1}, {2, 1}, {3, 0}, {4, 0}}), false, &base);
  ASSERT_TRUE(outcome.report.line_categories);
  const Differential counts = *outcome.report.line_categories;
  EXPECT_EQ(counts, (Differential{.unc = 1, .lbc = 1, .gnc = 1, .cbc = 1, .dcb = 1}));
  EXPECT_FALSE(outcome.report.branch_categories);
  EXPECT_EQ(outcome.report.categories_reason, "neither side has coverage of branches");
}

}  // namespace
}  // namespace rh::engine::testing
