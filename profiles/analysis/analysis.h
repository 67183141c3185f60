// What the parts of the analysis share: sums that are made once.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/analysis/frame_names.h"
#include "profiles/analysis/stack_times.h"
#include "runner/model/profile_summary.h"

namespace rh::profiles {

struct Analysis {
  explicit Analysis(const model::Profile& analysed);

  const model::Profile& profile;
  FrameNames names;
  std::vector<std::uint32_t> by_time;  // sample numbers
  StackTimes cpu, wall;
  StackTree tree;
  std::vector<std::uint32_t> node_functions;  // by node: index into names.functions()
  std::vector<std::uint32_t> node_kinds;      // by node: index into kind_names()

  [[nodiscard]] const StackTimes& times(model::ProfileClock clock) const {
    return clock == model::ProfileClock::cpu ? cpu : wall;
  }
};

[[nodiscard]] model::ClockFigures figures_of(const GroupTimes& times, const Population& population);

// profiles/analysis/hints.cpp and noise.cpp. The summary is complete but for what they make.
[[nodiscard]] std::vector<model::ProfileHint> find_hints(const Analysis& analysis,
                                                         const model::ProfileSummary& summary);
[[nodiscard]] std::vector<model::Diagnostic> find_noise(const model::Profile& profile,
                                                        const model::ProfileSummary& summary);

}  // namespace rh::profiles
