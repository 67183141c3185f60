#include "runner/agent/exec/live_metrics.h"

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {

void LiveMetrics::begin(const sandbox::TreeLocation& tree, std::optional<Nanoseconds> cpu_before) {
  if (!wanted_) return;
  if (tree.root_pid <= 0) {
    samples_.reason = "the interpreter was still being started when it was given the code";
    return;
  }
  tree_ = tree;
  cpu_before_ = cpu_before;
  begin_ = monotonic_now();
  samples_.cadence = kSampleCadence;
  next_ = begin_ + kSampleCadence;
  next_told_ = begin_ + kTellEvery;
}

void LiveMetrics::look(Nanoseconds now) {
  if (now < next_) return;
  if (!sampler_)
    sampler_ = collectors::make_tree_sampler(
        {tree_.root_pid, tree_.memory_cgroup, tree_.cpu_cgroup, tree_.procs_cgroup, tree_.cgroup_v2}, kSampleCadence);
  sampler_->sample(now);
  keep(now);
  if (samples_.at.size() >= kMaxSamples) thin_out();
  next_ = now + samples_.cadence;
  if (now >= next_told_) tell(now);
}

void LiveMetrics::keep(Nanoseconds now) {
  model::SampleSeries row = sampler_->take_series();
  if (row.t_ns.empty()) return;
  samples_.memory_source = row.memory_source;
  samples_.cpu_source = row.cpu_source;
  Nanoseconds cpu(static_cast<std::int64_t>(row.cpu_ns.back()));
  // The first of a tree that is older than the code only says where to begin.
  if (!cpu_before_) cpu_before_ = cpu;
  cpu = std::max(cpu - *cpu_before_, Nanoseconds(0));
  samples_.at.push_back(now - begin_);
  samples_.cpu.push_back(cpu);
  samples_.memory_bytes.push_back(row.rss_bytes.back());
  samples_.processes.push_back(row.processes.back());
}

void LiveMetrics::thin_out() {
  const auto halve = [](auto& column) {
    std::size_t kept = 0;
    for (std::size_t i = 1; i < column.size(); i += 2) column[kept++] = column[i];
    column.resize(kept);
  };
  halve(samples_.at);
  halve(samples_.cpu);
  halve(samples_.memory_bytes);
  halve(samples_.processes);
  samples_.cadence *= 2;
}

void LiveMetrics::tell(Nanoseconds now) {
  next_told_ = now + kTellEvery;
  const std::size_t last = samples_.at.size() - 1;
  if (!context_.on_progress || samples_.at.size() < 2) return;
  const double wall = static_cast<double>((samples_.at[last] - samples_.at[last - 1]).count());
  const double cpu = static_cast<double>((samples_.cpu[last] - samples_.cpu[last - 1]).count());
  context_.on_progress({fmt::format("running for {}: CPU {:.0f} %, memory {}", format_duration(now - begin_),
                                    wall > 0 ? 100 * cpu / wall : 0, format_size(samples_.memory_bytes[last])),
                        std::nullopt, std::nullopt});
}

RunSamples LiveMetrics::take() {
  if (!wanted_)
    samples_.reason = "switched off by collect_metrics";
  else if (samples_.at.empty() && samples_.reason.empty())
    samples_.reason =
        fmt::format("the code ended before the first sample, {} after its begin", format_duration(kSampleCadence));
  return std::move(samples_);
}

}  // namespace rh::agent
