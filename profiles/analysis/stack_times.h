// The times of samples summed up by stack, then by whatever the nodes of stacks are grouped into.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/analysis/share.h"
#include "runner/model/profile.h"

namespace rh::profiles {

// The time that a sample carries on a clock. Samples whose innermost frame says that nothing runs carry no
// CPU time.
class SampleWeights {
 public:
  SampleWeights(const model::Profile& profile, model::ProfileClock clock) : profile_(profile), clock_(clock) {}
  [[nodiscard]] std::uint64_t operator[](std::size_t sample) const {
    const model::ProfileSamples& samples = profile_.samples;
    if (clock_ == model::ProfileClock::wall) return samples.wall_ns[sample];
    return is_idle(samples.stack[sample]) ? 0 : samples.cpu_ns[sample];
  }

 private:
  [[nodiscard]] bool is_idle(std::uint32_t stack) const {
    return stack != model::kNoIndex && profile_.frames[profile_.stacks[stack].frame].kind == model::FrameKind::idle;
  }
  const model::Profile& profile_;
  model::ProfileClock clock_;
};

// All samples on one clock.
struct StackTimes {
  Population population;
  std::vector<TimeSums> by_node;    // of the samples whose stack ends there; index into Profile::stacks
  std::vector<TimeSums> by_thread;  // index into Profile::threads
  TimeSums unknown;                 // of samples without a stack
};

// Sample numbers ordered by time; the samples of one tick are neighbours.
[[nodiscard]] std::vector<std::uint32_t> samples_by_time(const model::Profile& profile);
[[nodiscard]] StackTimes sum_times(const model::Profile& profile, model::ProfileClock clock,
                                   const std::vector<std::uint32_t>& by_time);

struct GroupTimes {
  TimeSums self;   // the innermost node is of the group
  TimeSums total;  // any node is; counted once however many are
};

// The tree of a profile's stacks.
class StackTree {
 public:
  explicit StackTree(const std::vector<model::StackNode>& nodes);

  // `group_of` maps nodes to 0..groups-1, or to kNoIndex: to none. Linear in the nodes.
  [[nodiscard]] std::vector<GroupTimes> fold(const std::vector<TimeSums>& by_node,
                                             const std::vector<std::uint32_t>& group_of, std::size_t groups) const;

 private:
  const std::vector<model::StackNode>& nodes_;
  std::vector<std::uint32_t> first_child_, next_sibling_;
  std::uint32_t first_root_ = model::kNoIndex;
};

}  // namespace rh::profiles
