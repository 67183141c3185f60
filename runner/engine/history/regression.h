// Whether figures of a new state of the code are worse than those of its past, and when that cannot be said.
// The method, its error rates and its limits are described in docs/history.md.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runner/engine/statistics/mann_whitney.h"

namespace rh::engine {

struct RegressionLimits {
  double alpha = 0.05;       // probability that anything at all is called worse when nothing changed
  double min_effect = 0.10;  // smallest shift that matters, as a share of the base's median
  double min_delta = 0;      // and in the unit of the figure
  std::size_t min_base = 5;  // fewest figures of the base
};

// The figures of one suite or test.
struct SampledFigure {
  std::string subject;
  std::vector<double> head;  // of this run, and of earlier runs of the same commit
  std::vector<double> base;
};

enum class RegressionState {
  worse,       // surely larger, and by enough to matter
  unchanged,   // not surely larger, or not by enough
  negligible,  // no two of its figures differ by enough to matter: nothing to test
  undecided,   // too few figures
};

struct RegressionFinding {
  std::string subject;
  RegressionState state = RegressionState::undecided;
  MannWhitney test;
  double head_median = 0, base_median = 0;
  double shift = 0;  // Hodges-Lehmann
  std::size_t heads = 0, bases = 0;
  std::string reason;  // why undecided: what there is, what is needed
};

struct RegressionFindings {
  std::vector<RegressionFinding> findings;  // in the order of the samples
  std::size_t tested = 0;                   // how many tests share alpha
};

// One-sided Mann-Whitney tests, with Holm's correction over all of them. Which figures are tested at all
// depends on the pooled values only, never on which of them are the new ones, so alpha holds for the whole.
[[nodiscard]] RegressionFindings find_regressions(const std::vector<SampledFigure>& samples,
                                                  const RegressionLimits& limits);

}  // namespace rh::engine
