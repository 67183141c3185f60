// What earlier runs say about a test or a run, as far as reports show it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/coverage.h"
#include "runner/model/outcome.h"

namespace rh::model {

struct PastResult {
  Outcome outcome = Outcome::not_run;
  bool flaky = false;                                // passed after a failed attempt of the same run
  std::optional<std::chrono::nanoseconds> duration;  // wall time
  bool operator==(const PastResult&) const = default;
};

// How often a test changed between passing and failing without a change of the commit, or within a run.
struct FlakeRate {
  std::uint64_t flips = 0, chances = 0;
  double low = 0, high = 0;  // 95 % Wilson interval of flips / chances, 0..1
  bool operator==(const FlakeRate&) const = default;
};

struct Quarantine {
  std::string owner, reason;
  std::string expires;   // "2026-12-31", the last day on which it holds
  bool expired = false;  // at the time of the run: the failure counts again, and the entry itself blocks
  bool operator==(const Quarantine&) const = default;
};

// The run that a report is compared with: the newest stored run of the merge base, or a given report.
struct BaseRun {
  std::string label;   // "run 0198… of 3f2c1a9", "base.json"
  std::string commit;  // empty when not known
  CoverageTotals coverage;
  std::uint64_t tests = 0, failed = 0, skipped = 0;
  std::optional<std::chrono::nanoseconds> wall;
  bool operator==(const BaseRun&) const = default;
};

}  // namespace rh::model
