// Runs one step of a suite: sandbox, captured output, result streams and samples, joined into a
// StepReport.
#pragma once

#include <filesystem>
#include <optional>

#include "collectors/sampling/sampler.h"
#include "runner/engine/result_streams.h"
#include "runner/engine/run_context.h"
#include "runner/engine/step_environment.h"
#include "runner/model/report.h"

namespace rh::engine {

struct StepPlace {
  const model::Suite* suite = nullptr;
  StepFolders folders;
  std::filesystem::path suite_root;  // absolute
  std::filesystem::path capture;     // folder of the captured output
  int number = 0;                    // of the step within its suite
  int first_stream = 0;              // number of its first result stream
};

struct StepOutcome {
  model::StepReport report;
  model::StepEnd end;
  std::optional<model::SampleSeries> series;
  std::optional<model::Profile> profile;  // of test steps, where the run records profiles
  int streams = 0;
};

[[nodiscard]] StepOutcome run_step(RunContext& context, const StepPlace& place, const model::Step& step,
                                   TestLedger& ledger);

}  // namespace rh::engine
