// The 12 categories, each from a case counted by hand from lcov's table (old state -> new state):
// UNC +->0, LBC 1->0, UIC #->0, UBC 0->0, GBC 0->1, GIC #->1, GNC +->1, CBC 1->1, EUB 0->#, ECB 1->#, DUB 0->-, DCB
// 1->-.
#include "runner/engine/patch/differential.h"

#include <gmock/gmock.h>

namespace rh::engine {
namespace {

using namespace rh::model;

CoverageReport report_of(std::vector<CoverageFile> files) {
  CoverageReport report;
  report.files = std::move(files);
  return report;
}

CoverageFile file_of(const std::string& path, std::vector<LineHits> lines, std::vector<BranchHits> branches = {}) {
  return {path, std::move(lines), std::move(branches), {}, {}};
}

ChangedFile changed(const std::string& path, PatchFileKind kind, std::vector<Hunk> hunks,
                    const std::string& old_path = {}) {
  ChangedFile file;
  file.path = path;
  file.kind = kind;
  file.hunks = std::move(hunks);
  file.old_path = old_path;
  return file;
}

ChangedFiles changes_of(std::vector<ChangedFile> files) {
  ChangedFiles changes;
  changes.files = std::move(files);
  return changes;
}

// "CBC 2, UNC 1"
std::string shown(Differential counts) {
  constexpr const char* kNames[] = {"UNC", "LBC", "UIC", "UBC", "GBC", "GIC", "GNC", "CBC", "EUB", "ECB", "DUB", "DCB"};
  std::string text;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    const std::uint64_t count = counts.of(static_cast<DifferentialCategory>(i));
    if (count > 0) text += (text.empty() ? "" : ", ") + std::string(kNames[i]) + " " + std::to_string(count);
  }
  return text;
}

std::string lines_shown(const ChangedFiles& changes, const CoverageReport& head, const CoverageReport& base) {
  return shown(differential(changes, head, base).lines);
}

TEST(Differential, EveryCategoryOfLines) {
  // Old lines 1-10; line 2 and 3 are replaced by one line, lines 9 and 10 are removed, two lines are added at the end.
  const auto change = changes_of({changed("a", PatchFileKind::modified, {{2, 2, 2, 1}, {9, 2, 8, 2}})});
  const auto base = report_of({file_of("a", {{1, 1}, {2, 0}, {3, 4}, {4, 5}, {5, 0}, {6, 0}, {9, 1}, {10, 0}})});
  // New: 1 old 1, 2 new, 3 old 4, 4 old 5, 5 old 6 (no data), 6 old 7, 7 old 8, 8 and 9 new.
  const auto head = report_of({file_of("a", {{1, 2}, {2, 1}, {3, 0}, {4, 3}, {6, 1}, {7, 0}, {8, 0}, {9, 0}})});
  EXPECT_EQ(lines_shown(change, head, base), "UNC 2, LBC 1, UIC 1, GBC 1, GIC 1, GNC 1, CBC 1, EUB 1, DUB 2, DCB 2");
}

TEST(Differential, UnchangedFiles) {
  const auto base =
      report_of({file_of("a", {{1, 1}, {2, 0}, {3, 1}, {4, 0}, {5, 1}}), file_of("gone", {{1, 1}, {2, 0}})});
  const auto head =
      report_of({file_of("a", {{1, 1}, {2, 0}, {3, 0}, {4, 1}, {6, 1}}), file_of("now", {{1, 1}, {2, 0}})});
  EXPECT_EQ(lines_shown({}, head, base), "LBC 1, UIC 1, UBC 1, GBC 1, GIC 2, CBC 1, EUB 1, ECB 2");
}

TEST(Differential, AddedDeletedAndCopiedFiles) {
  const auto change = changes_of({changed("copy", PatchFileKind::copied, {}, "a"),
                                  changed("gone", PatchFileKind::deleted, {{1, 2, 0, 0}}),
                                  changed("new", PatchFileKind::added, {{0, 0, 1, 2}})});
  const auto base = report_of({file_of("a", {{1, 1}}), file_of("gone", {{1, 1}, {2, 0}})});
  const auto head =
      report_of({file_of("a", {{1, 1}}), file_of("copy", {{1, 1}, {2, 0}}), file_of("new", {{1, 0}, {2, 4}})});
  EXPECT_EQ(lines_shown(change, head, base), "UNC 2, GNC 2, CBC 1, DUB 1, DCB 1");
}

TEST(Differential, LinesFollowARename) {
  const auto change = changes_of({changed("new", PatchFileKind::renamed, {{2, 1, 2, 1}}, "old")});
  const auto base = report_of({file_of("old", {{1, 1}, {2, 1}, {3, 0}})});
  EXPECT_EQ(lines_shown(change, report_of({file_of("new", {{1, 1}, {2, 0}, {3, 0}})}), base),
            "UNC 1, UBC 1, CBC 1, DCB 1");
  EXPECT_EQ(lines_shown(change, {}, base), "EUB 1, ECB 1, DCB 1") << "the new file is in no report";
}

// a was renamed to b, and another file took its name; the old b is gone.
TEST(Differential, NamesThatAreTakenAgain) {
  const auto change =
      changes_of({changed("a", PatchFileKind::added, {{0, 0, 1, 1}}), changed("b", PatchFileKind::renamed, {}, "a")});
  const auto base = report_of({file_of("a", {{1, 1}, {2, 0}})});
  const auto head = report_of({file_of("a", {{1, 0}}), file_of("b", {{1, 1}, {2, 1}})});
  EXPECT_EQ(lines_shown(change, head, base), "UNC 1, GBC 1, CBC 1");
}

TEST(Differential, EveryCategoryOfBranches) {
  const auto change = changes_of({changed("a", PatchFileKind::modified, {{8, 1, 8, 1}})});
  const auto base = report_of({file_of("a", {{1, 1}},
                                       {{1, 0, "0", 1},
                                        {1, 0, "1", 0},
                                        {2, 0, "0", 1},
                                        {2, 0, "1", std::nullopt},
                                        {4, 0, "0", 1},
                                        {4, 0, "1", 0},
                                        {8, 0, "0", 0},
                                        {8, 0, "1", 5}})});
  const auto head = report_of({file_of("a", {{1, 1}},
                                       {{1, 0, "0", 0},
                                        {1, 0, "1", 1},
                                        {2, 0, "0", 9},
                                        {2, 0, "1", 0},
                                        {3, 0, "0", 1},
                                        {3, 0, "1", 0},
                                        {8, 0, "0", 1},
                                        {8, 0, "1", 0}})});
  const auto counts = differential(change, head, base);
  EXPECT_EQ(shown(counts.branches),
            "UNC 1, LBC 1, UIC 1, UBC 1, GBC 1, GIC 1, GNC 1, CBC 1, EUB 1, ECB 1, DUB 1, DCB 1");
  EXPECT_TRUE(counts.has_branches);
}

// Another compiler gives a line other blocks: only those that have the same branches are compared.
TEST(Differential, BlocksAreMatchedByTheirBranches) {
  const auto base =
      report_of({file_of("a", {}, {{1, 0, "0", 1}, {1, 0, "1", 0}, {1, 1, "0", 1}, {1, 1, "1", 1}, {1, 2, "x", 0}})});
  const auto head =
      report_of({file_of("a", {}, {{1, 5, "0", 1}, {1, 5, "1", 1}, {1, 7, "t", 1}, {1, 7, "u", 0}, {1, 7, "v", 0}})});
  EXPECT_EQ(shown(differential({}, head, base).branches), "UIC 2, GBC 1, GIC 1, CBC 1, EUB 1, ECB 2");
}

TEST(Differential, DataOfAnotherTextIsLeftOut) {
  auto file = changed("a", PatchFileKind::modified, {{1, 1, 1, 1}});
  file.mismatch = "other";
  EXPECT_EQ(lines_shown(changes_of({file}), report_of({file_of("a", {{1, 1}})}),
                        report_of({file_of("a", {{1, 1}}), file_of("b", {{1, 1}})})),
            "ECB 1");
}

// Whatever the change: each line of either side is in exactly one category.
TEST(Differential, EveryLineIsCountedOnce) {
  const auto change = changes_of({changed("a", PatchFileKind::modified, {{0, 0, 1, 3}, {4, 2, 6, 0}, {9, 1, 10, 4}})});
  std::vector<LineHits> old_lines, new_lines;
  for (std::uint32_t line = 1; line <= 20; line += 1) old_lines.push_back({line, line % 3});
  for (std::uint32_t line = 1; line <= 24; line += 1) new_lines.push_back({line, line % 2});
  auto counts = differential(change, report_of({file_of("a", new_lines)}), report_of({file_of("a", old_lines)})).lines;
  EXPECT_EQ(counts.unc + counts.gnc, 7U);
  EXPECT_EQ(counts.dub + counts.dcb, 3U);
  EXPECT_EQ(counts.lbc + counts.ubc + counts.gbc + counts.cbc, 17U);
  EXPECT_EQ(counts.uic + counts.gic + counts.eub + counts.ecb, 0U);
}

}  // namespace
}  // namespace rh::engine
