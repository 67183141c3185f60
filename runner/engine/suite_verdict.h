// What became of a suite, decided from its steps and its tests: a pure function. Exit code zero is no
// proof of success, and a testcase without a failure is no proof of a pass.
#pragma once

#include <string>
#include <vector>

#include "runner/engine/test_ledger.h"
#include "runner/model/diagnostic.h"
#include "runner/model/report.h"

namespace rh::engine {

struct JudgedStep {
  model::StepReport report;  // meaning filled by the adapter
  std::vector<TestLedger::StreamState> streams;
  std::uint64_t tests_finished = 0, tests_failed = 0;
};

struct SuiteJudgement {
  model::SuiteStatus status = model::SuiteStatus::not_started;
  std::string reason;
  std::vector<model::Diagnostic> diagnostics;  // lost tests, contradictions
};

[[nodiscard]] SuiteJudgement judge_suite(const std::vector<JudgedStep>& steps, std::uint64_t damaged_results);

// "died by signal 11 (SIGSEGV)", "exit code 3", "hit its wall time limit (...)".
[[nodiscard]] std::string describe_ending(const model::StepReport& step);

}  // namespace rh::engine
