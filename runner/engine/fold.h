// RunReport as a pure fold of the event log: the same events give the same report, live or rebuilt
// from the log of a run that was killed.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runner/model/event.h"
#include "runner/model/report.h"

namespace rh::engine {

class ReportFold {
 public:
  void apply(const model::RunEvent& event);
  // Series are not in the log; whoever has them adds them.
  void add_series(model::SampleSeries series);
  // The report of everything applied so far.
  [[nodiscard]] model::RunReport report() const;

 private:
  model::SuiteReport& suite(const model::SuiteId& id);

  void on(const model::RunStarted& event);
  void on(const model::SuitePlanned& event);
  void on(const model::SuiteStarted& event);
  void on(const model::StepStarted& event);
  void on(const model::StepFinished& event);
  void on(const model::TestStarted& event);
  void on(const model::TestFinished& event);
  void on(const model::NativeCounts& event);
  void on(const model::SamplesStored& event);
  void on(const model::CoverageStored& event);
  void on(const model::CoverageFileSeen& event);
  void on(const model::SuiteFinished& event);
  void on(const model::DiagnosticRaised& event);
  void on(const model::GateJudged& event);
  void on(const model::RunFinished& event);
  void on(const model::TestMapStored& event);
  void on(const model::TestsSelected& event);
  void on(const model::TestAnnotated& event);
  void on(const model::StepProfiled& event);
  void on(const model::TestProfiled& event);
  void on(const model::PatchCompared& event);
  void on(const model::BaseFound& event);

  model::RunReport report_;
  std::map<model::SuiteId, std::size_t> index_;
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> tests_;   // test id -> suite, record
  std::map<model::TestId, std::pair<model::SuiteId, model::TestStarted>> open_;  // begun, not ended
};

[[nodiscard]] model::TestCounts count_tests(const std::vector<model::TestRecord>& tests);
// Sum of two counts, member by member.
[[nodiscard]] model::TestCounts operator+(const model::TestCounts& a, const model::TestCounts& b);
// The weakest state of every mechanism over several steps.
void weaken(model::IsolationReport& into, const model::IsolationReport& other);

}  // namespace rh::engine
