// One run: suites side by side, until all are done or something ends the run; then gates, outcome and
// the final report. Everything goes through the event log.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runner/engine/discovery.h"
#include "runner/engine/interrupt.h"
#include "runner/engine/quarantine.h"
#include "runner/engine/run_context.h"
#include "runner/engine/run_directory.h"
#include "runner/model/report.h"

namespace rh::engine {

struct RunSetup {
  const RunOptions& options;
  const Registry& registry;
  const AdapterSet& adapters;
  const adapters::Host& host;
  const model::Repository& repository;
  sandbox::Launcher& launcher;
  Interrupt& interrupt;
  RunPaths paths;
  model::RunInfo info;                                   // git fields are filled here
  std::vector<model::Suite> suites;                      // in the order of the plan
  std::vector<model::Diagnostic> diagnostics;            // of configuration and discovery
  std::function<void(const model::RunEvent&)> on_event;  // called in log order, never concurrently
  std::function<void()> on_tick;                         // a few times a second, from the calling thread
  std::function<void(const model::SuiteId&, const collectors::LatestSample&)> on_usage = {};  // from the workers
  std::function<void(const model::RunReport&)> on_report = {};  // once, while the history is being written
  QuarantineState quarantine = {};
  std::shared_ptr<const model::RunReport> base_report = {};  // of --base-report; null: none
};

[[nodiscard]] model::RunReport run_tests(RunSetup setup);

}  // namespace rh::engine
