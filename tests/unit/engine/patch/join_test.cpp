// Changed lines and coverage, joined without git: which line counts, as what, and which file is missing.
#include <gmock/gmock.h>

#include "runner/engine/patch/patch.h"

namespace rh::engine {
namespace {

using namespace rh::model;
using ::testing::ElementsAre;

using enum PatchLineState;

ChangedFile changed(const std::string& path, std::vector<LineRange> added, std::vector<LineRange> idle = {}) {
  ChangedFile file;
  file.path = path;
  file.added = std::move(added);
  file.idle = std::move(idle);
  return file;
}

PatchReport joined(std::vector<ChangedFile> files, const CoverageReport& head, const JoinOptions& options = {}) {
  ChangedFiles changes;
  changes.files = std::move(files);
  return join_patch(changes, head, nullptr, options);
}

CoverageReport report_of(std::vector<CoverageFile> files) {
  CoverageReport report;
  report.files = std::move(files);
  return report;
}

TEST(Join, LinesWithDataCount) {
  CoverageFile file{"a.py", {{1, 1}, {2, 0}, {4, 7}, {9, 0}}, {}, {}, {}};
  const PatchReport report = joined({changed("a.py", {{1, 2}, {4, 5}})}, report_of({file}));
  EXPECT_THAT(report.files[0].lines, ElementsAre(PatchLine{1, covered}, PatchLine{2, uncovered}, PatchLine{4, covered},
                                                 PatchLine{5, no_data}));
  EXPECT_EQ(report.lines, (Ratio{3, 2}));
  EXPECT_EQ(report.branches, (Ratio{0, 0}));
  EXPECT_TRUE(report.files[0].measured && report.files[0].source);
}

TEST(Join, AMissedBranchMakesALinePartial) {
  CoverageFile file{"a.py", {{1, 3}, {2, 3}, {3, 0}, {4, 2}}, {}, {}, {}};
  file.branches = {{1, 0, "0", 3},
                   {1, 0, "1", 0},
                   {2, 0, "0", 1},
                   {2, 0, "1", 2},
                   {3, 0, "0", std::nullopt},
                   {4, 0, "0", 2},
                   {4, 0, "1", std::nullopt},
                   {5, 0, "0", 1},
                   {6, 0, "0", 0}};
  const PatchReport report = joined({changed("a.py", {{1, 6}})}, report_of({file}));
  EXPECT_THAT(report.files[0].lines, ElementsAre(PatchLine{1, partial}, PatchLine{2, covered}, PatchLine{3, uncovered},
                                                 PatchLine{4, partial}, PatchLine{5, covered}, PatchLine{6, uncovered}))
      << "lines 5 and 6 have branches and no count of their own";
  EXPECT_EQ(report.lines, (Ratio{6, 4}));
  EXPECT_EQ(report.branches, (Ratio{9, 5}));
}

// Go gives every line of a block its count, blank lines and comments within it as well.
TEST(Join, IdleLinesNeverCount) {
  CoverageFile file{"a.go", {{1, 0}, {2, 0}, {3, 0}}, {}, {}, {{1, 14, 3, 2, 1, 0}}};
  const PatchReport report = joined({changed("a.go", {{1, 3}}, {{2, 2}})}, report_of({file}));
  EXPECT_THAT(report.files[0].lines,
              ElementsAre(PatchLine{1, uncovered}, PatchLine{2, no_data}, PatchLine{3, uncovered}));
  EXPECT_EQ(report.files[0].code_lines, 2U);
}

// A call over five lines, of which the data names the first; and a function around it, which says nothing of its lines.
TEST(Join, LinesWithinAStatement) {
  CoverageFile file{
      "a.js", {{1, 1}, {2, 0}, {9, 1}}, {}, {}, {{1, 0, 8, 1, 1, 1}, {2, 2, 6, 4, 1, 0}, {9, 0, 9, 5, 1, 1}}};
  const PatchReport report = joined({changed("a.js", {{1, 9}})}, report_of({file}));
  std::vector<PatchLineState> states;
  for (const PatchLine& line : report.files[0].lines) states.push_back(line.state);
  EXPECT_THAT(states,
              ElementsAre(covered, uncovered, uncovered, uncovered, uncovered, uncovered, no_data, no_data, covered));
}

TEST(Join, FilesMissingFromEveryReport) {
  std::vector<ChangedFile> files = {changed("comments.py", {{1, 2}}, {{1, 2}}),
                                    changed("deleted.py", {}),
                                    changed("docs/readme.md", {{1, 9}}),
                                    changed("excluded.py", {{1, 1}}),
                                    changed("measured.py", {{5, 5}}),
                                    changed("moved.py", {}),
                                    changed("src/app.ts", {{1, 3}}),
                                    changed("tests/test_app.py", {{1, 3}})};
  files[1].kind = PatchFileKind::deleted;
  files[5].kind = PatchFileKind::renamed;
  const PatchReport report =
      joined(std::move(files), report_of({{"measured.py", {{1, 1}}, {}, {}, {}}}), {{"exclu*.py"}});
  std::vector<std::string> missing;
  for (const PatchFile& file : report.files)
    if (missing_from_reports(file)) missing.push_back(file.path + ": " + file.note);
  EXPECT_THAT(missing, ElementsAre("src/app.ts: no coverage report names it"));
  EXPECT_EQ(report.lines, (Ratio{0, 0}));
}

TEST(Join, DataOfAnotherTextIsNotJoined) {
  ChangedFile file = changed("a.py", {{1, 1}});
  file.mismatch = "the coverage is of another text";
  const PatchReport report = joined({file}, report_of({{"a.py", {{1, 1}}, {}, {}, {}}}));
  EXPECT_THAT(report.files[0].lines, ElementsAre(PatchLine{1, no_data}));
  EXPECT_EQ(report.lines, (Ratio{0, 0}));
  EXPECT_TRUE(report.files[0].measured);
  EXPECT_TRUE(missing_from_reports(report.files[0]));
}

TEST(Join, LinksHaveNoCoverage) {
  ChangedFile link = changed("link.py", {});
  link.regular = false;
  EXPECT_FALSE(joined({link}, {}).files[0].source);
}

}  // namespace
}  // namespace rh::engine
