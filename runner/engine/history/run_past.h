// What the past says about a run: results of earlier runs and flake rates of its tests, quarantine, the run
// that it is compared with, and figures for resource rules. Everything that reports show of it is handed out as events
// for the run's log, so that a report stays a fold of that log.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/engine/history/history.h"
#include "runner/engine/history/lineage.h"
#include "runner/engine/history/resource_history.h"
#include "runner/engine/quarantine.h"
#include "runner/model/event.h"

namespace rh::engine {

// Bounds of what a report carries of the past, so that it does not grow with the history.
constexpr std::uint64_t kPastResults = 20;       // of one test
constexpr std::size_t kMaxTestsWithPast = 2000;  // failed, quarantined, once troubled and slow ones first
constexpr std::uint64_t kFlakeWindow = 100;      // runs that a flake rate looks at

struct PastQuestion {
  const model::RunReport& report;
  const adapters::Host& host;
  std::filesystem::path history_file;
  std::string base_commit = {};                   // the merge base; empty: none is known
  const model::RunReport* base_report = nullptr;  // given by the caller, goes before stored runs
  std::string base_label = {};                    // its file
  QuarantineState quarantine = {};
  bool trust_quarantine = true;  // false: only entries that the base has, too, are in force
  bool whole = true;             // no part of the suites was asked for: entries that match nothing are stale
  ResourceDemand resources = {};
};

struct PastAnswer {
  std::vector<model::RunEvent> events;
  QuarantineState quarantine;
  std::optional<ResourceHistory> resources;
  std::string resources_reason;  // why there are none
  Lineage lineage;
};

// A history that cannot be used is a diagnostic, never an error.
[[nodiscard]] PastAnswer look_back(PastQuestion question);

}  // namespace rh::engine
