// Reads results and coverage from anywhere into one report, as if a run had given them: a suite for each
// results file, coverage joined over all files. A file that is damaged is said, and the others are still read.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collectors/results/summary.h"
#include "runner/adapters/adapter.h"
#include "runner/base/exit_code.h"
#include "runner/engine/registry.h"
#include "runner/engine/run_options.h"
#include "runner/model/report.h"
#include "runner/model/repository.h"

namespace rh::engine {

constexpr std::uint64_t kMaxInputBytes = 4ULL << 30;  // of one coverage file, or of one that cannot be read twice

struct GatherRequest {
  std::vector<std::string> words;  // files, folders and globs, as the caller wrote them
  std::filesystem::path here;      // where relative ones start
  const Registry& registry;
  const adapters::Host& host;
  const model::Repository* repository = nullptr;  // for the paths of covered files; null: they stay as written
  PathMap path_map{};                             // the caller's own
  bool strict_paths = false;                      // a path of coverage data that cannot be resolved is damage
  bool keep_tests = false;                        // a record of every test, not only of those that failed
  bool names = false;
};

struct Gathered {
  model::RunReport report;  // suites, counts, coverage, diagnostics
  std::uint64_t results_files = 0, coverage_files = 0;
  std::vector<std::string> names;                // of all tests, in the order of the files
  std::optional<collectors::ExactSeconds> time;  // of all tests; absent when no file tells one
  std::optional<ExitCode> problem;               // damage, missing files, or no results: at least this code
  std::string problem_reason;
};

[[nodiscard]] Result<Gathered> gather(const GatherRequest& request);

// A set of coverage files joined, for the base. Damage is an error.
[[nodiscard]] Result<model::CoverageReport> gather_coverage(const GatherRequest& request);

}  // namespace rh::engine
