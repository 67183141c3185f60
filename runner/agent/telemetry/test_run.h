// A run of tests as a trace: the run, below it each suite, below that each test; with metrics of the run and its
// suites, and a log entry for each failure. Spans of suites and tests go out while the run goes on.
#pragma once

#include <map>
#include <string>

#include "runner/agent/telemetry/telemetry.h"
#include "runner/model/event.h"

namespace rh::agent {

class TestRunTelemetry {
 public:
  explicit TestRunTelemetry(Telemetry& telemetry);
  void on_event(const model::RunEvent& event);  // in the order of the log, never concurrently
  void on_report(const model::RunReport& report);

 private:
  struct OpenSuite {
    SpanIds ids;
    std::chrono::nanoseconds started{};
    std::string name;
  };
  [[nodiscard]] WallTime wall_of(std::chrono::nanoseconds monotonic) const;
  void begin_run(const model::RunStarted& event);
  void end_test(const model::TestFinished& event);
  void end_suite(const model::SuiteFinished& event);
  OpenSuite& suite_of(const model::SuiteId& id);

  Telemetry& telemetry_;
  OpenSpan run_;
  model::RunInfo info_;
  std::map<std::string, OpenSuite> suites_;
};

}  // namespace rh::agent
