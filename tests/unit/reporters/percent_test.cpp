#include "reporters/percent.h"

#include <gtest/gtest.h>

namespace rh::reporters {
namespace {

using model::Ratio;

TEST(Percent, IsRoundedDown) {
  EXPECT_EQ(to_text(percent_of(Ratio{3, 2})), "66.66");
  EXPECT_EQ(to_text(percent_of(Ratio{8, 8})), "100.00");
  EXPECT_EQ(to_text(percent_of(Ratio{200, 1})), "0.50");
}

TEST(Percent, APartIsNeverAll) {
  EXPECT_EQ(to_text(percent_of(Ratio{1'000'000, 999'999})), "99.99");
  EXPECT_EQ(to_text(percent_of(Ratio{UINT64_MAX, UINT64_MAX - 1})), "99.99");
}

TEST(Percent, NothingToCountIsNotAPercentage) {
  EXPECT_EQ(percent_of(Ratio{}), Percent{});
  EXPECT_EQ(to_text(Percent{}), "");
}

TEST(RatioOfBasis, TakesTheNamedRatio) {
  model::CoverageReport coverage;
  coverage.totals = {Ratio{10, 5}, Ratio{4, 4}, std::nullopt, Ratio{3, 1}};
  EXPECT_EQ(ratio_of_basis(coverage), (Ratio{10, 5}));
  coverage.basis = "lines+branches";
  EXPECT_EQ(ratio_of_basis(coverage), (Ratio{14, 9}));
  coverage.basis = "statements";
  EXPECT_EQ(ratio_of_basis(coverage), (Ratio{3, 1}));
  coverage.totals.statements.reset();
  EXPECT_EQ(ratio_of_basis(coverage), std::nullopt);
}

TEST(TotalsOfFile, CountsWhatIsThere) {
  const model::CoverageFile file{
      "a", {{1, 0}, {2, 3}}, {{1, 0, "0", std::nullopt}, {1, 0, "1", 2}}, {}, {{1, 1, 2, 1, 4, 1}, {3, 1, 4, 1, 2, 0}}};
  const model::CoverageTotals totals = totals_of(file);
  EXPECT_EQ(totals.lines, (Ratio{2, 1}));
  EXPECT_EQ(totals.branches, (Ratio{2, 1}));
  EXPECT_EQ(totals.functions, std::nullopt);
  EXPECT_EQ(totals.statements, (Ratio{6, 4}));
}

TEST(TotalCpu, IsUnknownWhenAPartIs) {
  model::ProcessUsage usage;
  usage.user_cpu = {std::chrono::nanoseconds(5), model::Scope::exact_process, "rusage", ""};
  usage.system_cpu = model::CpuFigure::unknown("not permitted");
  EXPECT_EQ(total_cpu(usage).value, std::nullopt);
  EXPECT_EQ(total_cpu(usage).reason, "not permitted");
  usage.system_cpu = {std::chrono::nanoseconds(7), model::Scope::lower_bound, "/proc", "short processes are missing"};
  EXPECT_EQ(total_cpu(usage).value, std::chrono::nanoseconds(12));
  EXPECT_EQ(total_cpu(usage).scope, model::Scope::lower_bound);
  EXPECT_EQ(total_cpu(usage).source, "rusage, /proc");
  EXPECT_EQ(total_cpu(usage).reason, "short processes are missing");
}

}  // namespace
}  // namespace rh::reporters
