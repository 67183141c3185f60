// RunEvent: one line of a run's event log, the source of truth of everything reported.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "runner/model/report.h"

namespace rh::model {

struct RunStarted {
  RunInfo run;
};
struct SuitePlanned {
  Suite suite;
};
struct SuiteStarted {
  SuiteId suite;
  Tool tool;
  std::chrono::nanoseconds at{};
};
struct StepStarted {
  SuiteId suite;
  std::string step;
  StepKind kind{};
  std::vector<std::string> argv;
  std::string cwd;
  std::chrono::nanoseconds at{};
};
struct StepFinished {
  SuiteId suite;
  StepReport step;
};
struct TestStarted {
  SuiteId suite;
  TestCase test;
  std::chrono::nanoseconds at{};
};
struct TestFinished {
  SuiteId suite;
  TestCase test;
  Attempt attempt;
  std::string rerun_command;
};
struct NativeCounts {
  SuiteId suite;
  RunnerFinished counts;
};
// The series itself lies in `file` (samples.bin) of the run directory.
struct SamplesStored {
  SuiteId suite;
  std::string file;
};
struct CoverageStored {
  SuiteId suite;
  std::string tool;
  std::string basis;
  std::string reason;
  CoverageTotals totals;
  std::vector<std::string> unresolved;
};
struct CoverageFileSeen {
  SuiteId suite;
  CoverageFile file;
};
struct SuiteFinished {
  SuiteId suite;
  SuiteStatus status{};
  std::string reason;
  std::chrono::nanoseconds wall{};
  ProcessUsage usage;
};
struct DiagnosticRaised {
  Diagnostic diagnostic;
};
struct TestMapStored {
  SuiteId suite;
  TestMap map;
};
// Once before the suite runs, and again at its end with what became of it.
struct TestsSelected {
  SuiteId suite;
  TestSelection selection;
};
// What the history and the quarantine file say about a test of this run.
struct TestAnnotated {
  SuiteId suite;
  TestId test;
  std::vector<PastResult> past;
  std::optional<FlakeRate> flake_rate;
  std::optional<Quarantine> quarantine;
};
struct StepProfiled {
  SuiteId suite;
  StepProfile profile;
};
struct TestProfiled {
  SuiteId suite;
  TestId test;
  TestProfile profile;
};
struct PatchCompared {
  PatchReport patch;
};
struct BaseFound {
  BaseRun base;
};
struct GateJudged {
  GateVerdict verdict;
};
struct RunFinished {
  int exit_code = 0;
  std::string reason;
  std::chrono::nanoseconds at{};
};

using RunEvent = std::variant<RunStarted, SuitePlanned, SuiteStarted, StepStarted, StepFinished, TestStarted,
                              TestFinished, NativeCounts, SamplesStored, CoverageStored, CoverageFileSeen,
                              SuiteFinished, DiagnosticRaised, GateJudged, RunFinished, TestMapStored, TestAnnotated,
                              PatchCompared, BaseFound, TestsSelected, StepProfiled, TestProfiled>;

}  // namespace rh::model
