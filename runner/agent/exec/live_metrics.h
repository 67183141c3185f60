// CPU and memory of a run while it goes on: a curve for the record, and messages for a caller that asked to hear of
// progress. The first sample is taken kSampleCadence after the begin, so that a short run costs nothing; when a curve
// is full every second sample is dropped and the cadence doubles.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "collectors/sampling/sampler.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/tool.h"
#include "runner/base/clock.h"
#include "sandbox/sandbox.h"

namespace rh::agent {

constexpr Nanoseconds kSampleCadence = std::chrono::milliseconds(100);
constexpr std::size_t kMaxSamples = 120;
constexpr Nanoseconds kTellEvery = std::chrono::seconds(1);

class LiveMetrics {
 public:
  // `wanted`: false where collect_metrics is off.
  LiveMetrics(const CallContext& context, bool wanted) : context_(context), wanted_(wanted) {}

  // The code begins. `cpu_before`: what the tree had used until then, for one that lives longer than the code; absent:
  // nothing is known.
  void begin(const sandbox::TreeLocation& tree, std::optional<Nanoseconds> cpu_before = Nanoseconds(0));
  // When look() has something to do.
  [[nodiscard]] Nanoseconds next() const { return next_; }
  void look(Nanoseconds now);
  [[nodiscard]] RunSamples take();

 private:
  void keep(Nanoseconds now);
  void thin_out();
  void tell(Nanoseconds now);

  const CallContext& context_;
  bool wanted_;
  sandbox::TreeLocation tree_;
  std::optional<Nanoseconds> cpu_before_;
  Nanoseconds begin_{}, next_ = Nanoseconds::max(), next_told_{};
  std::unique_ptr<collectors::TreeSampler> sampler_;
  RunSamples samples_;
};

}  // namespace rh::agent
