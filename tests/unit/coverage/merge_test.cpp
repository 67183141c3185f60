#include <algorithm>
#include <numeric>
#include <random>

#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

CoverageFile with_branches(std::vector<BranchHits> branches) {
  CoverageFile file;
  file.path = "a";
  file.branches = std::move(branches);
  return file;
}

TEST(Merge, LinesAreUnitedAndCountsSaturate) {
  CoverageFile a{"a", {{1, UINT64_MAX}, {2, 0}}, {}, {}, {}};
  merge_into(a, {"a", {{1, 5}, {3, 1}}, {}, {}, {}});
  EXPECT_EQ(a.lines, (std::vector<LineHits>{{1, UINT64_MAX}, {2, 0}, {3, 1}}));
}

TEST(Merge, NeverEvaluatedAndZeroAreKeptApart) {
  CoverageFile a = with_branches({{1, 0, "a", std::nullopt}, {1, 0, "b", std::nullopt}, {1, 0, "c", 0}});
  merge_into(a, with_branches({{1, 0, "a", std::nullopt}, {1, 0, "b", 0}, {1, 0, "c", 0}}));
  EXPECT_EQ(a.branches, (std::vector<BranchHits>{{1, 0, "a", std::nullopt}, {1, 0, "b", 0}, {1, 0, "c", 0}}));
}

TEST(Merge, OtherBranchSetsOfALineAreNotMatchedByIndex) {
  CoverageFile a = with_branches({{1, 0, "0", 5}, {1, 0, "1", 0}});
  merge_into(a, with_branches({{1, 0, "0", 1}, {1, 0, "1", 1}, {1, 0, "2", 0}}));
  EXPECT_EQ(a.branches,
            (std::vector<BranchHits>{{1, 0, "0", 5}, {1, 0, "1", 0}, {1, 1, "0", 1}, {1, 1, "1", 1}, {1, 1, "2", 0}}));
}

TEST(Merge, BlockNumbersThatMoveBetweenRunsStillMeet) {
  CoverageFile a = with_branches({{10, 3, "0", 1}});
  merge_into(a, with_branches({{10, 2, "0", 0}}));
  EXPECT_EQ(a.branches, (std::vector<BranchHits>{{10, 0, "0", 1}}));
}

TEST(Merge, TotalsAreAbsentWhereNothingIsSaid) {
  EXPECT_EQ(totals_of(std::vector<CoverageFile>{}), model::CoverageTotals{});
  CoverageFile file{"a", {{1, 1}, {2, 0}}, {}, {}, {{1, 1, 2, 2, 3, 1}, {3, 1, 4, 2, 4, 0}}};
  const model::CoverageTotals totals = totals_of(file);
  EXPECT_EQ(totals.lines, (Ratio{2, 1}));
  EXPECT_EQ(totals.statements, (Ratio{7, 3}));
  EXPECT_FALSE(totals.branches);
  EXPECT_FALSE(totals.functions);
}

CoverageFile random_file(std::mt19937& random) {
  CoverageFile file;
  file.path = std::string(1, static_cast<char>('a' + random() % 3));
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  const auto count = [&]() -> std::uint64_t { return random() % 8 == 0 ? UINT64_MAX - random() % 3 : random() % 4; };
  for (std::uint32_t line = 1; line <= 6; ++line) {
    if (random() % 2) file.lines.push_back({line, count()});
    std::uint32_t block = 0;
    for (unsigned blocks = below(3); blocks > 0; --blocks, block += 1 + below(3))
      for (unsigned branch = 0; branch <= random() % 3; ++branch)
        file.branches.push_back(
            {line, block, std::to_string(branch), random() % 3 ? std::optional(count()) : std::nullopt});
    if (random() % 3 == 0) file.functions.push_back({"f" + std::to_string(line), line, count()});
    if (random() % 3 == 0)
      file.blocks.push_back({line, 1, line, 9, static_cast<std::uint32_t>(1 + random() % 2), count()});
  }
  return file;
}

// Any order and any grouping of the same files gives the same value.
TEST(Merge, IsCommutativeAndAssociative) {
  std::mt19937 random(20260301);
  for (int round = 0; round < 150; ++round) {
    std::vector<CoverageFile> files;
    for (unsigned i = 0; i < 2 + random() % 5; ++i) files.push_back(random_file(random));
    std::vector<CoverageFile> expected;
    for (const CoverageFile& file : files) merge_into(expected, {file});
    for (int order = 0; order < 6; ++order) {
      std::shuffle(files.begin(), files.end(), random);
      const auto middle = static_cast<std::ptrdiff_t>(random() % (files.size() + 1));
      std::vector<CoverageFile> left, right;
      merge_into(left, {files.begin(), files.begin() + middle});
      for (auto it = files.begin() + middle; it != files.end(); ++it) merge_into(right, {*it});
      merge_into(left, right);
      ASSERT_EQ(left, expected) << "round " << round << " order " << order;
    }
  }
}

}  // namespace
}  // namespace rh::collectors
