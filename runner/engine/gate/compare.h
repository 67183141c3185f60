// Everything that gates compare a report with: the patch against the merge base, coverage of the base, and the
// committed baseline. What is missing is said by the rules that want it; a base that was named and cannot be
// had is an error.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/engine/gate/baseline.h"
#include "runner/engine/gate/rule.h"
#include "runner/engine/registry.h"
#include "runner/engine/run_options.h"
#include "runner/model/event.h"
#include "runner/model/repository.h"

namespace rh::engine {

struct CompareRequest {
  const model::RunReport& report;
  const RunOptions& options;  // gates, base, base_coverage, baseline
  const Registry& registry;
  const adapters::Host& host;
  std::filesystem::path root;                     // of the repository, or the folder the caller is in
  const model::Repository* repository = nullptr;  // null outside of one
  const model::RunReport* base_report = nullptr;  // given by the caller; its coverage is the base's
  std::filesystem::path state = {};               // .runharness, for a stored run of the base; empty: none
};

struct Comparison {
  std::vector<model::RunEvent> events;  // the patch, and diagnostics
  std::optional<model::CoverageReport> base_coverage;
  std::string base_coverage_reason;
  std::optional<Baseline> baseline;
  std::string baseline_reason;

  // The comparison must outlive the input.
  void fill(GateInput& input, const std::filesystem::path& root) const;
};

[[nodiscard]] Result<Comparison> compare(const CompareRequest& request);

// The base that is in force: the one that was named, or `auto` where a CI system says what a change under review
// is to be merged into. Empty: none.
[[nodiscard]] std::string base_in_force(const RunOptions& options, const model::Environment& environment);

// Fails where compare() would because of the base, before anything runs.
[[nodiscard]] Result<void> check_base(const RunOptions& options, const adapters::Host& host,
                                      const std::filesystem::path& root);

}  // namespace rh::engine
