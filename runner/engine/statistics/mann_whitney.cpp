#include "runner/engine/statistics/mann_whitney.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace rh::engine {
namespace {

// Ranks of the pooled values, doubled so that the mean rank of equal values is a whole number.
struct Ranks {
  std::vector<std::uint32_t> doubled;  // the head's values first
  double ties = 0;                     // sum of t^3 - t over the groups of equal values
};

Ranks rank(std::span<const double> head, std::span<const double> base) {
  std::vector<double> pooled(head.begin(), head.end());
  pooled.insert(pooled.end(), base.begin(), base.end());
  std::vector<std::size_t> order(pooled.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return pooled[a] < pooled[b]; });
  Ranks ranks;
  ranks.doubled.resize(pooled.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && pooled[order[end]] == pooled[order[first]]) ++end;
    const auto group = static_cast<double>(end - first);
    ranks.ties += group * group * group - group;
    // Ranks first+1 .. end have the mean (first + 1 + end) / 2.
    for (std::size_t i = first; i < end; ++i) ranks.doubled[order[i]] = static_cast<std::uint32_t>(first + 1 + end);
    first = end;
  }
  return ranks;
}

// The share of all choices of `n` of the ranks whose sum is at least `threshold`. A table of how many choices
// of k ranks have the sum s, one rank after the other; doubles hold the counts to 16 digits.
double upper_tail(const std::vector<std::uint32_t>& ranks, std::size_t n, std::uint64_t threshold) {
  const std::size_t most = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
  std::vector<std::vector<double>> ways(n + 1, std::vector<double>(most + 1, 0.0));
  ways[0][0] = 1;
  std::size_t reach = 0, taken = 0;
  for (const std::uint32_t each : ranks) {
    reach += each;
    ++taken;
    for (std::size_t k = std::min(n, taken); k > 0; --k)
      for (std::size_t sum = reach; sum >= each; --sum) ways[k][sum] += ways[k - 1][sum - each];
  }
  double all = 0, tail = 0;
  for (std::size_t sum = 0; sum <= most; ++sum) {
    all += ways[n][sum];
    if (sum >= threshold) tail += ways[n][sum];
  }
  return tail / all;
}

double normal_tail(double u, double n, double m, double ties) {
  const double total = n + m;
  const double variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;  // all values are equal
  const double z = (u - n * m / 2 - 0.5) / std::sqrt(variance);
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)) / 2);
}

}  // namespace

MannWhitney mann_whitney(std::span<const double> head, std::span<const double> base) {
  if (head.empty() || base.empty()) return {};
  const std::size_t n = head.size(), m = base.size();
  const Ranks ranks = rank(head, base);
  const std::uint64_t doubled_sum =
      std::accumulate(ranks.doubled.begin(), ranks.doubled.begin() + static_cast<std::ptrdiff_t>(n), std::uint64_t{0});
  MannWhitney result;
  result.u = static_cast<double>(doubled_sum) / 2 - static_cast<double>(n * (n + 1)) / 2;
  result.exact = n + m <= kMaxExactValues;
  result.p_greater = result.exact ? upper_tail(ranks.doubled, n, doubled_sum)
                                  : normal_tail(result.u, static_cast<double>(n), static_cast<double>(m), ranks.ties);
  return result;
}

double least_p(std::size_t head, std::size_t base) {
  if (head == 0 || base == 0) return 1;
  double p = 1;
  for (std::size_t i = 1; i <= head; ++i) p *= static_cast<double>(i) / static_cast<double>(base + i);
  return p;
}

std::vector<bool> holm_rejections(std::span<const double> p_values, double alpha) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<bool> rejected(p_values.size(), false);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (p_values[order[i]] * static_cast<double>(order.size() - i) > alpha) break;
    rejected[order[i]] = true;
  }
  return rejected;
}

}  // namespace rh::engine
