#include "runner/engine/statistics/effect_size.h"

#include <algorithm>
#include <vector>

namespace rh::engine {

double median(std::span<const double> values) {
  if (values.empty()) return 0;
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  return (*std::max_element(sorted.begin(), middle) + *middle) / 2;
}

double hodges_lehmann_shift(std::span<const double> head, std::span<const double> base) {
  std::vector<double> differences;
  differences.reserve(head.size() * base.size());
  for (const double a : head)
    for (const double b : base) differences.push_back(a - b);
  return median(differences);
}

double cliffs_delta(std::span<const double> head, std::span<const double> base) {
  if (head.empty() || base.empty()) return 0;
  double more = 0;
  for (const double a : head)
    for (const double b : base) more += a > b ? 1 : a < b ? -1 : 0;
  return more / static_cast<double>(head.size() * base.size());
}

}  // namespace rh::engine
