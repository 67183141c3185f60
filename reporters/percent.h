// Percentages from integers, rounded down, so that a part never prints as 100 %; the totals of one
// covered file; and the one figure of a process tree's CPU time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runner/model/coverage.h"
#include "runner/model/usage.h"

namespace rh::reporters {

// Hundredths of a percent; nullopt when there is nothing to count.
struct Percent {
  std::optional<std::uint64_t> hundredths;
  bool operator==(const Percent&) const = default;
};

[[nodiscard]] Percent percent_of(const model::Ratio& ratio);
[[nodiscard]] Percent percent_of(const std::optional<model::Ratio>& ratio);
[[nodiscard]] std::string to_text(const Percent& percent);  // "83.33", or "" when there is none

// The ratio that the report's basis names; nullopt when the data does not have it.
[[nodiscard]] std::optional<model::Ratio> ratio_of_basis(const model::CoverageReport& coverage);
[[nodiscard]] model::CoverageTotals totals_of(const model::CoverageFile& file);

// User and system time together, with the weaker scope of both; unknown when either is.
[[nodiscard]] model::CpuFigure total_cpu(const model::ProcessUsage& usage);

}  // namespace rh::reporters
