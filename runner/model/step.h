// One command of a suite's run and what it leaves behind. Adapters make steps, the engine runs them
// in the sandbox, collectors read the files that they name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/model/command.h"
#include "runner/model/ending.h"

namespace rh::model {

enum class StepKind {
  prepare,   // fetches dependencies: network and the package clients' configuration are visible
  build,     // compiles: no network
  test,      // runs tests: no network unless the preset says so
  coverage,  // turns raw coverage into a readable file: runs a toolchain's own program
};

enum class Access { read_only, read_write };

// A folder or file outside the workspace that the step needs. Missing paths are skipped.
struct PathGrant {
  std::filesystem::path path;
  Access access = Access::read_only;
};

enum class Stream { standard_output, standard_error };

// Where results land and which reader (by registry name) reads them: "rh-events", "go-json",
// "libtest-json", "libtest-text", "junit"; coverage: "lcov", "cobertura", "go-cover",
// "coverage-py-json".
struct ResultFile {
  std::string format;
  std::filesystem::path path;  // absolute; empty = the step's stdout stream
  bool primary = true;         // false: only cross-checks the primary stream
  bool required = true;        // missing is a diagnostic
  std::string scope;           // prefix for names where the format has none (a cargo target, a Go module)
};

struct CoverageSource {
  std::string format;          // empty = recognise by content
  std::filesystem::path path;  // absolute
  std::filesystem::path base;  // folder that relative paths in the file start from
  std::vector<std::pair<std::string, std::filesystem::path>> path_map;  // import path prefix -> folder (Go)
  std::vector<std::string> exclude_globs;                               // repository-relative, e.g. test files
  bool native_totals = false;  // the suite's totals are those that the tool itself declares in the file
};

// A file of the lines that each test reached, in the form of docs/test-selection.md.
struct TestMapSource {
  std::filesystem::path path;                                           // absolute
  std::filesystem::path base;                                           // folder that relative paths start from
  std::vector<std::pair<std::string, std::filesystem::path>> path_map;  // import path prefix -> folder (Go)
  std::string granularity = "test";                                     // TestMap::granularity
};

struct Step {
  std::string name;  // "npm ci", "unit tests of crate foo"
  StepKind kind = StepKind::test;
  Command command;                    // env holds additions only; the engine adds the base environment
  std::vector<std::string> pass_env;  // names or globs of the caller's variables to pass through
  std::vector<PathGrant> grants;
  std::vector<ResultFile> results;
  std::vector<CoverageSource> coverage;
  std::vector<TestMapSource> test_maps;
  bool stop_on_failure = true;  // later steps make no sense when this one fails (prepare, build)
  bool quiet_output = false;    // stdout is a machine format: not shown, and outside the output limit's tail
};

// What an adapter is told about a finished step.
struct StepEnd {
  Ending ending = Ending::internal;
  WaitStatus status;
  std::filesystem::path stdout_path;  // captured output, possibly cut at the output limit
  std::filesystem::path stderr_path;
  std::uint64_t tests_finished = 0;  // results read from this step's streams
  std::uint64_t tests_failed = 0;
};

// What a finished step means for its suite, in the tool's own terms.
enum class StepMeaning {
  ok,
  tests_failed,
  no_tests,
  broken,   // build, collection or prepare failed: tests could not run
  usage,    // the tool refused its arguments
  crashed,  // died without finishing its results
};

}  // namespace rh::model
