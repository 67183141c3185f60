// The Mann-Whitney U test (Wilcoxon's rank sum test) of two independent samples, and the corrections that
// many tests at once need. No assumption about the distribution of the values is made: only that, were
// nothing changed, each way to split the pooled values between the two samples would be as likely.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace rh::engine {

struct MannWhitney {
  double u = 0;          // pairs in which the head's value is the larger one; an equal pair counts half
  double p_greater = 1;  // probability of a U as large as this one or larger, were nothing changed
  bool exact = true;     // from the distribution over all splits, ties included; else the normal approximation
};

// Samples of together at most this many values are judged by the exact distribution.
constexpr std::size_t kMaxExactValues = 100;

// One-sided: whether the values of `head` tend to be larger than those of `base`. An empty sample: p = 1.
// Exact: every split of the pooled mid-ranks, counted by dynamic programming. Beyond kMaxExactValues the
// normal approximation with correction for ties and for continuity (Lehmann, Nonparametrics, 1.3 and 1.4).
[[nodiscard]] MannWhitney mann_whitney(std::span<const double> head, std::span<const double> base);

// The smallest p that samples of these sizes can give, 1 / C(n + m, n): reached when all values differ and
// every value of the head is larger than every one of the base.
[[nodiscard]] double least_p(std::size_t head, std::size_t base);

// Holm's step-down procedure: which of the hypotheses are rejected, such that the probability of rejecting
// any true one is at most alpha, whatever the dependence between them (Holm 1979).
[[nodiscard]] std::vector<bool> holm_rejections(std::span<const double> p_values, double alpha);

}  // namespace rh::engine
