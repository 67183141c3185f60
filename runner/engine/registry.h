// The extension points as the engine sees them: rows of name, help and factory. Only the app fills
// them in.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "collectors/coverage/reader.h"
#include "collectors/results/reader.h"
#include "profiles/step_profiler.h"
#include "reporters/reporter.h"
#include "runner/adapters/adapter.h"

namespace rh::engine {

struct AdapterRow {
  std::string_view ecosystem;  // "go"
  std::string_view help;
  std::unique_ptr<adapters::Adapter> (*make)();
};

struct Registry {
  std::vector<AdapterRow> adapters;
  std::vector<collectors::ResultFormat> result_formats;
  std::vector<collectors::CoverageFormat> coverage_formats;
  std::vector<reporters::Reporter> reporters;
  profiles::StepProfiling profiling;

  [[nodiscard]] const collectors::ResultFormat* result_format(std::string_view name) const;
  [[nodiscard]] const reporters::Reporter* reporter(std::string_view name) const;
};

}  // namespace rh::engine
