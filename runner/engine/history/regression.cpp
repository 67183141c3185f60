#include "runner/engine/history/regression.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "runner/engine/statistics/effect_size.h"

namespace rh::engine {
namespace {

constexpr std::size_t kMostSuggested = 1000;  // runs that a message would advise

// Figures whose extremes are closer than what matters cannot have shifted by what matters.
bool differs_enough(const SampledFigure& sample, const RegressionLimits& limits) {
  double low = INFINITY, high = -INFINITY;
  for (const auto* values : {&sample.head, &sample.base})
    for (const double value : *values) low = std::min(low, value), high = std::max(high, value);
  return high - low >= limits.min_delta && high >= low * (1 + limits.min_effect) && high > low;
}

std::string plural(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What would be enough: more runs of this commit, or more of the base, whichever is asked for less.
std::string remedy(std::size_t heads, std::size_t bases, double p) {
  std::size_t more_heads = 0, more_bases = 0;
  while (more_heads < kMostSuggested && least_p(heads + more_heads, bases) > p) ++more_heads;
  while (more_bases < kMostSuggested && least_p(heads, bases + more_bases) > p) ++more_bases;
  std::string text = plural(more_heads, "more run") + " of this commit";
  if (more_bases < kMostSuggested)
    text += fmt::format(", or {} of its base, would do", more_bases);
  else
    text += " would do";
  return text;
}

class Family {
 public:
  Family(const std::vector<SampledFigure>& samples, const RegressionLimits& limits)
      : samples_(samples), limits_(limits) {}

  RegressionFindings judge() {
    for (std::size_t i = 0; i < samples_.size(); ++i) begin(i);
    leave_out_undecidable();
    std::vector<double> p_values;
    for (const std::size_t i : members_) {
      findings_[i].test = mann_whitney(samples_[i].head, samples_[i].base);
      p_values.push_back(findings_[i].test.p_greater);
    }
    const std::vector<bool> sure = holm_rejections(p_values, limits_.alpha);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      RegressionFinding& finding = findings_[members_[i]];
      const bool matters =
          finding.shift >= limits_.min_delta && finding.shift >= finding.base_median * limits_.min_effect;
      finding.state = sure[i] && matters ? RegressionState::worse : RegressionState::unchanged;
    }
    return {std::move(findings_), members_.size()};
  }

 private:
  void begin(std::size_t i) {
    const SampledFigure& sample = samples_[i];
    RegressionFinding& finding = findings_.emplace_back();
    finding.subject = sample.subject;
    finding.heads = sample.head.size();
    finding.bases = sample.base.size();
    finding.head_median = median(sample.head);
    finding.base_median = median(sample.base);
    finding.shift = hodges_lehmann_shift(sample.head, sample.base);
    if (sample.head.empty()) {
      finding.reason = "this run has no such figure";
    } else if (finding.bases < limits_.min_base) {
      finding.reason =
          fmt::format("{} stored to compare with, {} needed", plural(finding.bases, "run"), limits_.min_base);
    } else if (!differs_enough(sample, limits_)) {
      finding.state = RegressionState::negligible;
    } else {
      members_.push_back(i);
    }
  }

  // A test that could not reach its share of alpha even if all its new figures were the worst only takes from
  // the others' share (Tarone 1990). Sizes alone decide, and tests of equal size stay or go together, so this
  // choice does not bend the error rate.
  void leave_out_undecidable() {
    std::stable_sort(members_.begin(), members_.end(), [&](std::size_t a, std::size_t b) { return best(a) < best(b); });
    while (!members_.empty() && best(members_.back()) * static_cast<double>(members_.size()) > limits_.alpha) {
      const std::size_t together = members_.size();
      const double least = best(members_.back());
      while (!members_.empty() && best(members_.back()) == least) {
        findings_[members_.back()].reason = too_few(findings_[members_.back()], together);
        members_.pop_back();
      }
    }
  }

  [[nodiscard]] std::string too_few(const RegressionFinding& finding, std::size_t together) const {
    const double share = limits_.alpha / static_cast<double>(together);
    return fmt::format("{} of this commit and {} of its base give p = {:.2g} at best, and {:.2g} is needed{}: {}",
                       plural(finding.heads, "run"), finding.bases, least_p(finding.heads, finding.bases), share,
                       together > 1 ? fmt::format(" of {} tests at once", together) : "",
                       remedy(finding.heads, finding.bases, share));
  }

  [[nodiscard]] double best(std::size_t i) const { return least_p(findings_[i].heads, findings_[i].bases); }

  const std::vector<SampledFigure>& samples_;
  const RegressionLimits& limits_;
  std::vector<RegressionFinding> findings_;
  std::vector<std::size_t> members_;
};

}  // namespace

RegressionFindings find_regressions(const std::vector<SampledFigure>& samples, const RegressionLimits& limits) {
  return Family(samples, limits).judge();
}

}  // namespace rh::engine
