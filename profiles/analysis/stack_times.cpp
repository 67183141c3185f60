#include "profiles/analysis/stack_times.h"

#include <algorithm>
#include <numeric>

namespace rh::profiles {
namespace {

using model::kNoIndex;

// The part of the time that rejected ticks stand for. A tick that was rejected left its time to the next one
// of the same process that was taken.
double rejected_part(const model::Profile& profile, const std::vector<TimeSums>& by_thread, double all_ns) {
  std::vector<double> by_process(profile.processes.size());
  for (std::size_t i = 0; i < by_thread.size(); ++i) by_process.at(profile.threads[i].process) += by_thread[i].ns;
  double part = 0;
  for (std::size_t i = 0; i < by_process.size(); ++i) {
    const model::SampleQuality& quality = profile.processes[i].quality;
    const double read = static_cast<double>(quality.taken + quality.rejected);
    if (read > 0 && all_ns > 0) part += by_process[i] / all_ns * static_cast<double>(quality.rejected) / read;
  }
  return part;
}

std::string reason_of_nothing(const model::Profile& profile, model::ProfileClock clock) {
  if (profile.samples.time_ns.empty()) return "no samples: the program ended before the first was taken";
  return clock == model::ProfileClock::cpu ? "no thread was seen on a CPU" : "the samples carry no wall time";
}

}  // namespace

std::vector<std::uint32_t> samples_by_time(const model::Profile& profile) {
  const std::vector<std::int64_t>& times = profile.samples.time_ns;
  std::vector<std::uint32_t> order(times.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto before = [&](std::uint32_t a, std::uint32_t b) { return times[a] < times[b]; };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::stable_sort(order.begin(), order.end(), before);
  return order;
}

StackTimes sum_times(const model::Profile& profile, model::ProfileClock clock,
                     const std::vector<std::uint32_t>& by_time) {
  const model::ProfileSamples& samples = profile.samples;
  const SampleWeights weights(profile, clock);
  StackTimes sums;
  sums.by_node.resize(profile.stacks.size());
  sums.by_thread.resize(profile.threads.size());
  for (std::size_t begin = 0, end = 0; begin < by_time.size(); begin = end) {
    double tick = 0;  // W_k
    for (; end < by_time.size() && samples.time_ns[by_time[end]] == samples.time_ns[by_time[begin]]; ++end)
      tick += static_cast<double>(weights[by_time[end]]);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t sample = by_time[i];
      const auto weight = static_cast<double>(weights[sample]);
      if (weight <= 0) continue;
      const TimeSums sum{weight, weight * tick, 1};
      const std::uint32_t stack = samples.stack[sample];
      (stack == kNoIndex ? sums.unknown : sums.by_node[stack]).add(sum);
      sums.by_thread[samples.thread[sample]].add(sum);
      sums.population.all.add(sum);
    }
  }
  Population& population = sums.population;
  if (population.all.ns > 0) {
    population.unknown = sums.unknown.ns / population.all.ns;
    population.rejected = rejected_part(profile, sums.by_thread, population.all.ns);
  } else {
    population.reason = reason_of_nothing(profile, clock);
  }
  return sums;
}

StackTree::StackTree(const std::vector<model::StackNode>& nodes)
    : nodes_(nodes), first_child_(nodes.size(), kNoIndex), next_sibling_(nodes.size(), kNoIndex) {
  for (std::size_t at = nodes.size(); at-- > 0;) {
    const std::uint32_t parent = nodes[at].parent;
    std::uint32_t& first = parent == kNoIndex ? first_root_ : first_child_[parent];
    next_sibling_[at] = first;
    first = static_cast<std::uint32_t>(at);
  }
}

std::vector<GroupTimes> StackTree::fold(const std::vector<TimeSums>& by_node,
                                        const std::vector<std::uint32_t>& group_of, std::size_t groups) const {
  std::vector<GroupTimes> times(groups);
  std::vector<TimeSums> below = by_node;  // of the node and all under it: parents come before their children
  for (std::size_t at = nodes_.size(); at-- > 0;) {
    if (group_of[at] != kNoIndex) times[group_of[at]].self.add(by_node[at]);
    if (nodes_[at].parent != kNoIndex) below[nodes_[at].parent].add(below[at]);
  }
  // Down the tree and up again: a node adds to its group's total unless one above it did.
  std::vector<std::uint32_t> on_path(groups);
  std::uint32_t node = first_root_;
  while (node != kNoIndex) {
    const std::uint32_t group = group_of[node];
    if (group != kNoIndex && on_path[group]++ == 0) times[group].total.add(below[node]);
    if (first_child_[node] != kNoIndex) {
      node = first_child_[node];
      continue;
    }
    for (; node != kNoIndex; node = nodes_[node].parent) {
      if (group_of[node] != kNoIndex) --on_path[group_of[node]];
      if (next_sibling_[node] != kNoIndex) break;
    }
    if (node != kNoIndex) node = next_sibling_[node];
  }
  return times;
}

}  // namespace rh::profiles
