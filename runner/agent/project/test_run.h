// Tests of the project, asked for by an agent: the command `test` in a process of its own, and an answer that is
// short where all is well and says everything that is needed to mend what is not. The text has neither times nor ids,
// so that the same state of the project gives the same bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/service.h"
#include "runner/agent/tool.h"
#include "runner/model/report.h"

namespace rh::agent {

// What the paths of a call mean: the project to run, and what of it.
struct TestTarget {
  std::vector<std::filesystem::path> roots;  // folders that `test` is given
  std::vector<std::string> narrowed;         // folders and files below the one root, for pytest
};
// Relative paths start at `project`; one that leads out of it is an error, as is one that is not there.
[[nodiscard]] Result<TestTarget> test_target(const std::vector<std::string>& paths,
                                             const std::filesystem::path& project);

// Arguments for pytest with those of pytest-cov taken out: coverage is measured by runharness itself.
struct PytestArguments {
  std::vector<std::string> words;
  std::optional<bool> coverage;     // --cov, --no-cov
  std::optional<double> threshold;  // --cov-fail-under
};
[[nodiscard]] PytestArguments without_coverage_options(const std::vector<std::string>& words);

struct CoverageRule {
  double threshold = 0;   // per cent; 0: none
  bool demanded = false;  // by the call: then no coverage is a failure, too
};

// "PASSED 21 tests in 1 suite, 5.40 s, 1 skipped" without the time, and without paths of the run directory and
// addresses of objects in the lines below.
[[nodiscard]] std::string stable_text(std::string_view agent_text);
// Whether the rule is broken; nullopt: there is nothing to judge.
[[nodiscard]] std::optional<bool> below_threshold(const model::RunReport& report, const CoverageRule& rule);
// The whole record of a run, bounded.
[[nodiscard]] nlohmann::json test_record(const model::RunReport& report, const CoverageRule& rule,
                                         const std::vector<std::string>& folders);

[[nodiscard]] ToolAnswer run_tests(Service& service, const CallContext& context, const nlohmann::json& arguments);

}  // namespace rh::agent
