// Figures of earlier runs that those of a new run may be compared with: measured on the same class of
// machine, under the same preset, with as many suites side by side, with or without coverage alike, and of
// the same part of a suite.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/history/history.h"
#include "runner/model/report.h"

namespace rh::engine {

struct StoredFigures {
  std::optional<double> wall_ns, cpu_ns, peak_bytes;
};

// Newest first.
struct FigureSeries {
  std::vector<StoredFigures> head;  // earlier runs of the commit that this run is of
  std::vector<StoredFigures> base;
};

struct ResourceHistory {
  std::map<std::string, FigureSeries, std::less<>> suites, tests;  // by id
  std::uint64_t stored_runs = 0;                                   // in the history
  std::uint64_t base_runs = 0, head_runs = 0;                      // of those the comparable ones
  std::string conditions;                                          // "preset ci, 2 jobs, with coverage, on ..."
};

// What rules want to see.
struct ResourceDemand {
  bool suites = false;
  bool tests = false;
  std::uint64_t window = 0;  // newest runs of the base
};

// `ancestors`: the commits that count as the base, as ask_lineage gives them; this run's own commit is taken
// out of them. Outside of a repository every earlier run is the base. Changed work trees are never a base.
// Figures of suites and tests that did not pass are left out: they ended early, or late.
[[nodiscard]] Result<ResourceHistory> load_resources(const History& history, const model::RunReport& report,
                                                     const std::vector<std::string>& ancestors,
                                                     const ResourceDemand& demand);

}  // namespace rh::engine
