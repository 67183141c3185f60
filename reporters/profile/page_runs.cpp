#include "reporters/profile/page_runs.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "reporters/profile/varints.h"

namespace rh::reporters {
namespace {

constexpr std::int64_t kMaxMergedGapNs = 100'000;  // between neighbours that count as one run

// Indices of the samples, thread after thread, each in order of time.
std::vector<std::uint32_t> by_thread(const model::Profile& profile) {
  const model::ProfileSamples& samples = profile.samples;
  std::vector<std::uint32_t> order(samples.time_ns.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return samples.thread[a] < samples.thread[b]; });
  return order;
}

PageRun run_of(const model::ProfileSamples& samples, std::uint32_t i, const PageStacks& stacks) {
  return {samples.time_ns[i] - std::int64_t{samples.wall_ns[i]},
          samples.wall_ns[i],
          samples.cpu_ns[i],
          stacks.node(samples.stack[i]),
          1,
          samples.state[i]};
}

void grow(PageRun& run, const PageRun& by) {
  run.wall_ns += by.wall_ns;
  run.cpu_ns += by.cpu_ns;
  run.samples += by.samples;
}

// Merges the runs of one thread while they are added.
class ThreadRuns {
 public:
  ThreadRuns(std::vector<PageRun>& runs, std::int64_t slice_ns)
      : runs_(runs), first_(runs.size()), slice_begin_(runs.size()), slice_ns_(slice_ns) {}

  void add(const PageRun& run) {
    if (slice_ns_ == 0)
      add_neighbour(run);
    else
      add_to_slice(run);
  }
  // How many runs it became.
  [[nodiscard]] std::size_t finish() {
    if (slice_ns_ != 0) close_slice();
    return runs_.size() - first_;
  }

 private:
  void add_neighbour(const PageRun& run) {
    if (runs_.size() > first_) {
      PageRun& last = runs_.back();
      const std::int64_t gap = run.start_ns - (last.start_ns + last.wall_ns);
      if (last.node == run.node && last.state == run.state && std::abs(gap) <= kMaxMergedGapNs) {
        grow(last, run);
        return;
      }
    }
    runs_.push_back(run);
  }

  void add_to_slice(const PageRun& run) {
    const std::int64_t slice = run.start_ns / slice_ns_;
    if (slice != slice_) close_slice();
    slice_ = slice;
    const auto [found, fresh] = in_slice_.try_emplace(std::uint64_t{run.node} << 8 | run.state, runs_.size());
    if (fresh)
      runs_.push_back(run);
    else
      grow(runs_[found->second], run);
  }

  // What was merged lies end to end, from where the first of the slice began.
  void close_slice() {
    for (std::size_t i = slice_begin_ + 1; i < runs_.size(); ++i)
      runs_[i].start_ns = runs_[i - 1].start_ns + runs_[i - 1].wall_ns;
    slice_begin_ = runs_.size();
    in_slice_.clear();
  }

  std::vector<PageRun>& runs_;
  std::size_t first_, slice_begin_;
  std::int64_t slice_ns_, slice_ = 0;
  std::unordered_map<std::uint64_t, std::size_t> in_slice_;
};

// The nodes of the runs, most frequent first, and the place of each.
struct Leaves {
  std::vector<std::uint32_t> nodes;
  std::unordered_map<std::uint32_t, std::uint32_t> places;
};

Leaves leaves_of(const std::vector<PageRun>& runs) {
  std::unordered_map<std::uint32_t, std::uint64_t> counts;
  for (const PageRun& run : runs) ++counts[run.node];
  Leaves leaves;
  for (const auto& [node, count] : counts) leaves.nodes.push_back(node);
  std::sort(leaves.nodes.begin(), leaves.nodes.end(),
            [&](std::uint32_t a, std::uint32_t b) { return counts[a] != counts[b] ? counts[a] > counts[b] : a < b; });
  for (std::size_t i = 0; i < leaves.nodes.size(); ++i) leaves.places[leaves.nodes[i]] = static_cast<std::uint32_t>(i);
  return leaves;
}

// Rounds sums of times, so that what is lost in one run is made up for in the next.
class Rounded {
 public:
  explicit Rounded(std::int64_t unit_ns) : unit_ns_(unit_ns) {}
  [[nodiscard]] std::int64_t add(std::int64_t ns) {
    const std::int64_t before = sum_ns_ / unit_ns_;
    sum_ns_ += ns;
    return sum_ns_ / unit_ns_ - before;
  }

 private:
  std::int64_t unit_ns_, sum_ns_ = 0;
};

struct Columns {
  Varints stacks, states, samples, gaps, walls, cpus;
};

void add_thread(Columns& columns, const PageRun* runs, std::uint64_t count, const Leaves& leaves, std::int64_t unit) {
  Rounded wall(unit), cpu(unit);
  std::int64_t end = 0;  // in units, as the reader adds it up
  for (std::uint64_t i = 0; i < count; ++i) {
    const PageRun& run = runs[i];
    const std::int64_t walls = wall.add(run.wall_ns), cpus = cpu.add(run.cpu_ns);
    // A gap below the rounding is none: nearly all of the column is zeros then.
    std::int64_t gap = run.start_ns / unit - end;
    if (std::abs(gap) <= 1) gap = 0;
    columns.stacks.add(leaves.places.at(run.node));
    columns.states.add(run.state);
    columns.samples.add(run.samples);
    columns.gaps.add_signed(gap);
    columns.walls.add(static_cast<std::uint64_t>(walls));
    columns.cpus.add_signed((run.state & model::kOnCpu) != 0 ? cpus - walls : cpus);
    end += gap + walls;
  }
}

}  // namespace

PageRuns page_runs(const model::Profile& profile, const PageStacks& stacks, const Thinning& thinning) {
  const std::int64_t slice_ns =
      thinning.slices == 0 ? 0 : std::max<std::int64_t>(1, profile.duration_ns / thinning.slices);
  const std::vector<std::uint32_t> order = by_thread(profile);
  PageRuns runs;
  auto at = order.begin();
  for (std::uint32_t thread = 0; thread < profile.threads.size(); ++thread) {
    ThreadRuns of_thread(runs.runs, slice_ns);
    for (; at != order.end() && profile.samples.thread[*at] == thread; ++at)
      of_thread.add(run_of(profile.samples, *at, stacks));
    runs.of_thread.push_back(of_thread.finish());
  }
  return runs;
}

std::string runs_bytes(const PageRuns& runs, std::int64_t unit_ns) {
  const Leaves leaves = leaves_of(runs.runs);
  Varints bytes;
  bytes.add(leaves.nodes.size());
  for (const std::uint32_t node : leaves.nodes) bytes.add(node == model::kNoIndex ? 0 : std::uint64_t{node} + 1);
  Columns columns;
  const PageRun* first = runs.runs.data();
  for (const std::uint64_t count : runs.of_thread) {
    add_thread(columns, first, count, leaves, unit_ns);
    first += count;
  }
  for (const Varints* column :
       {&columns.stacks, &columns.states, &columns.samples, &columns.gaps, &columns.walls, &columns.cpus})
    bytes.append(*column);
  return bytes.take();
}

}  // namespace rh::reporters
