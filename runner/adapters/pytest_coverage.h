// How the coverage of a pytest suite is measured: by coverage.py around pytest, or by the pytest-cov
// that the project uses itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/adapters/python_environment.h"

namespace rh::adapters {

enum class CoverageMeans { none, coverage_run, pytest_cov };

struct CoveragePlan {
  CoverageMeans means = CoverageMeans::none;
  std::string problem;                   // why none, and what to do
  std::string tool;                      // "coverage.py 7.17.3"
  std::vector<std::string> run_options;  // of `coverage run`, or of pytest when pytest-cov measures
  bool combine = false;                  // the run leaves several data files
};

// `pytest_args`: the project's addopts and the caller's arguments, which may ask for pytest-cov or xdist.
[[nodiscard]] CoveragePlan plan_coverage(const std::filesystem::path& suite_dir, const PythonEnvironment& python,
                                         const std::vector<std::string>& pytest_args);

// The steps behind the tests that turn the data file into JSON; `base` is a command with the
// environment and grants of the test step. Empty when pytest-cov writes the JSON itself.
[[nodiscard]] std::vector<model::Step> coverage_steps(const CoveragePlan& plan, const model::Step& base,
                                                      const StepContext& context);

// Where the JSON lands, and what in it is not the project's.
[[nodiscard]] model::CoverageSource coverage_source(const StepContext& context);
[[nodiscard]] std::filesystem::path coverage_json(const std::filesystem::path& out_dir);

// Source folders to measure when the project does not say: src, or the top-level packages without
// the tests. Relative to the suite; empty when there are none.
[[nodiscard]] std::vector<std::string> guess_sources(const std::filesystem::path& suite_dir);

}  // namespace rh::adapters
