// Rows of a SampleSeries from the best sources that the tree offers, and the largest values seen.
#include "collectors/sampling/sampler.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "collectors/sampling/cgroup_usage.h"
#include "collectors/sampling/process_table.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// A sample later than this after the one before it leaves a gap: two periods and scheduling noise.
bool is_gap(Nanoseconds distance, Nanoseconds cadence) { return cadence.count() > 0 && distance > cadence * 5 / 2; }

class KernelTreeSampler final : public TreeSampler {
 public:
  KernelTreeSampler(const SampledTree& tree, Nanoseconds cadence)
      : memory_(CgroupMemory::open(tree.memory_cgroup, buffer_)),
        cpu_(CgroupCpu::open(tree.cpu_cgroup, buffer_)),
        table_({tree.root_pid, tree.procs_cgroup, tree.proc_root, !memory_, !cpu_}) {
    series_.cadence = cadence;
    series_.memory_source = memory_ ? memory_->source() : "sum of RSS (statm)";
    series_.cpu_source = cpu_ ? cpu_->source() : "sum of process CPU clocks";
  }

  void sample(Nanoseconds now) override {
    const TreeUsage usage = table_.read(buffer_);
    if (!series_.t_ns.empty()) {
      const Nanoseconds last(series_.t_ns.back());
      if (is_gap(now - last, series_.cadence))
        series_.gaps.push_back({last, now, fmt::format("no sample for {}", format_duration(now - last))});
    }
    const std::uint64_t rss = memory_ ? memory_->read(buffer_).value_or(last_rss_) : usage.rss_bytes;
    // A control group that is removed under the sampler keeps its last value: CPU time never falls.
    last_cpu_ = std::max(last_cpu_, cpu_ ? cpu_->read_ns(buffer_).value_or(last_cpu_) : usage.cpu_ns);
    last_rss_ = rss;
    series_.t_ns.push_back(now.count());
    series_.cpu_ns.push_back(last_cpu_);
    series_.rss_bytes.push_back(rss);
    series_.processes.push_back(usage.processes);
    series_.threads.push_back(usage.threads);
    peak_rss_ = std::max(peak_rss_, rss);
    max_processes_ = std::max(max_processes_, usage.processes);
    read_bytes_ = std::max(read_bytes_, usage.read_bytes);
    written_bytes_ = std::max(written_bytes_, usage.written_bytes);
    ++samples_;
  }

  [[nodiscard]] LatestSample latest() const override { return {last_cpu_, last_rss_}; }

  [[nodiscard]] SampledTotals totals() const override {
    if (samples_ == 0) {
      const std::string reason = "no sample was taken: the process tree ended too soon";
      return {model::BytesFigure::unknown(reason), model::CountFigure::unknown(reason),
              model::BytesFigure::unknown(reason), model::BytesFigure::unknown(reason)};
    }
    const std::string cadence = fmt::format("largest of {} samples, one every {}: shorter peaks may be missed",
                                            samples_, format_duration(series_.cadence));
    SampledTotals totals;
    totals.peak_memory = {peak_rss_, model::Scope::sampled, series_.memory_source, cadence};
    totals.max_processes = {max_processes_, model::Scope::sampled, "process tree", cadence};
    totals.read_bytes = io_figure(read_bytes_, "/proc/PID/io read_bytes");
    totals.written_bytes = io_figure(written_bytes_, "/proc/PID/io write_bytes");
    return totals;
  }

  [[nodiscard]] model::SampleSeries take_series() override {
    model::SampleSeries fresh;
    fresh.cadence = series_.cadence;
    fresh.memory_source = series_.memory_source;
    fresh.cpu_source = series_.cpu_source;
    return std::exchange(series_, std::move(fresh));
  }

 private:
  [[nodiscard]] model::BytesFigure io_figure(std::uint64_t value, const char* source) const {
    const int code = table_.io_errno();
    const std::string refusal = code == 0 ? "" : std::generic_category().message(code);
    if (!table_.saw_io())
      return model::BytesFigure::unknown(code == 0 ? "no process lived long enough for its I/O to be read"
                                                   : fmt::format("reading /proc/PID/io was refused: {}", refusal));
    std::string reason = "a process's last I/O before its end is missed unless its parent waited for it";
    if (code != 0) reason = fmt::format("I/O of some processes could not be read: {}", refusal);
    return {value, model::Scope::lower_bound, source, reason};
  }

  ReadBuffer buffer_{};
  std::optional<CgroupMemory> memory_;
  std::optional<CgroupCpu> cpu_;
  ProcessTable table_;
  model::SampleSeries series_;
  std::uint64_t samples_ = 0, last_rss_ = 0, last_cpu_ = 0;
  std::uint64_t peak_rss_ = 0, read_bytes_ = 0, written_bytes_ = 0;
  std::uint32_t max_processes_ = 0;
};

}  // namespace

std::unique_ptr<TreeSampler> make_tree_sampler(const SampledTree& tree, Nanoseconds cadence) {
  return std::make_unique<KernelTreeSampler>(tree, cadence);
}

}  // namespace rh::collectors
