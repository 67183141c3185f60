// The samples of a profile as the page keeps them: runs of samples of one thread with the same stack and state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reporters/profile/page_stacks.h"
#include "reporters/profile/thinning.h"
#include "runner/model/profile.h"

namespace rh::reporters {

struct PageRun {
  std::int64_t start_ns = 0, wall_ns = 0, cpu_ns = 0;
  std::uint32_t node = model::kNoIndex;  // of PageStacks
  std::uint32_t samples = 0;
  std::uint8_t state = 0;
};

struct PageRuns {
  std::vector<std::uint64_t> of_thread;  // how many runs each thread has
  std::vector<PageRun> runs;             // thread after thread, ordered by time
};

[[nodiscard]] PageRuns page_runs(const model::Profile& profile, const PageStacks& stacks, const Thinning& thinning);

// Columns after one another: how many different stacks the runs have, and for each, most frequent first, one more
// than its node (0: not known). Then a varint for each run: its place in that list; its state; the samples in it;
// (signed) how long after the end of the run before it in its thread it begins; its wall time; (signed) its CPU time,
// less its wall time if the state has kOnCpu. Times in units of `unit_ns`.
[[nodiscard]] std::string runs_bytes(const PageRuns& runs, std::int64_t unit_ns);

}  // namespace rh::reporters
