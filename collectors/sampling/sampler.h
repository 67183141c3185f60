// Samples CPU and memory of a process tree through /proc and cgroup files whose descriptors are
// kept open: one pread each per sample, and a reused pid is never read by mistake.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runner/base/clock.h"
#include "runner/base/result.h"
#include "runner/model/figure.h"
#include "runner/model/samples.h"

namespace rh::collectors {

struct SampledTree {
  int root_pid = 0;
  std::filesystem::path memory_cgroup, cpu_cgroup, procs_cgroup;  // empty: read /proc of the tree instead
  bool cgroup_v2 = false;
  std::filesystem::path proc_root = "/proc";
};

// Largest values seen, and I/O summed over the tree with what ended processes had done.
struct SampledTotals {
  model::BytesFigure peak_memory;
  model::CountFigure max_processes;
  model::BytesFigure read_bytes, written_bytes;
};

// What the last row of a sampler says, for a live display.
struct LatestSample {
  std::uint64_t cpu_ns = 0;  // of the tree so far
  std::uint64_t rss_bytes = 0;
};

class TreeSampler {
 public:
  virtual ~TreeSampler() = default;
  virtual void sample(Nanoseconds now) = 0;  // one row; a late call leaves a gap entry
  [[nodiscard]] virtual LatestSample latest() const = 0;
  [[nodiscard]] virtual SampledTotals totals() const = 0;
  [[nodiscard]] virtual model::SampleSeries take_series() = 0;
};

[[nodiscard]] std::unique_ptr<TreeSampler> make_tree_sampler(const SampledTree& tree, Nanoseconds cadence);

// samples.bin: format in docs/formats/samples.md. Append-only: one block per series.
[[nodiscard]] std::string encode_series(const model::SampleSeries& series);
[[nodiscard]] Result<std::vector<model::SampleSeries>> decode_series(std::string_view bytes);
// Joins the series of one suite's steps (same cadence, later times).
void append_series(model::SampleSeries& into, const model::SampleSeries& later);

}  // namespace rh::collectors
