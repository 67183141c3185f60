#include "profiles/analysis/share.h"

#include <algorithm>
#include <cmath>

namespace rh::profiles {

double effective_draws(const TimeSums& part, const Population& population) {
  const TimeSums& all = population.all;
  if (all.ns <= 0 || all.product <= 0) return 0;
  const double most = all.ns * all.ns / all.product;
  const double share = std::clamp(part.ns / all.ns, 0.0, 1.0);
  const double spread = share * (1 - share);
  const double variance = ((1 - 2 * share) * part.product + share * share * all.product) / (all.ns * all.ns);
  if (spread <= 0 || variance <= 0) return most;
  return std::min(most, spread / variance);
}

Bounds wilson_bounds(double share, double n, double z) {
  if (n <= 0) return {};
  const double square = z * z;
  const double center = (share + square / (2 * n)) / (1 + square / n);
  const double half = z / (1 + square / n) * std::sqrt(share * (1 - share) / n + square / (4 * n * n));
  // Rounding must not push the estimate itself out of its interval.
  return {std::clamp(center - half, 0.0, share), std::clamp(center + half, share, 1.0)};
}

model::ShareFigure share_of(const TimeSums& part, const Population& population) {
  model::ShareFigure figure;
  if (population.all.ns <= 0) {
    figure.reason = population.reason;
    return figure;
  }
  const double share = std::clamp(part.ns / population.all.ns, 0.0, 1.0);
  const Bounds bounds = wilson_bounds(share, effective_draws(part, population), kZPrinted);
  const double seen = 1 - std::clamp(population.rejected, 0.0, 1.0);
  figure.value = share;
  figure.low = std::min(bounds.low * seen, share);
  figure.high = std::clamp(bounds.high * seen + (1 - seen) + population.unknown, share, 1.0);
  return figure;
}

model::TimeFigure time_of(const TimeSums& part, const Population& population) {
  return {static_cast<std::uint64_t>(std::llround(part.ns)), part.samples, share_of(part, population)};
}

}  // namespace rh::profiles
