// What is told to a collector about executions, tool calls and test runs, if anything is: docs/agents/telemetry.md
// lists the names. Off by default, and then costs nothing.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/config.h"
#include "runner/agent/error_kind.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/telemetry/exporter.h"
#include "runner/agent/telemetry/otlp.h"

namespace rh::agent {

// Something that began: its ids and its time.
struct OpenSpan {
  SpanIds ids;  // empty: telemetry is off
  WallTime start;
};

// Thread-safe.
class Telemetry {
 public:
  // `program`: the runharness executable. Opens the connections.
  Telemetry(const TelemetrySettings& settings, const model::Environment& environment,
            const std::filesystem::path& program);
  ~Telemetry();  // finish()
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  [[nodiscard]] bool enabled() const { return exporter_ != nullptr; }
  // Below `trace_parent` of the caller, else TRACEPARENT of the environment.
  [[nodiscard]] OpenSpan begin(std::string_view trace_parent);

  // A span with one below for each stage, count and duration, and a log entry for what failed.
  void end_execution(const OpenSpan& span, const ExecutionRecord& record);
  // A call of a tool over MCP.
  void end_call(const OpenSpan& span, std::string_view tool, std::string_view protocol, ErrorKind error);
  // A command that is more than one execution: a session's call, a pipeline, a validation.
  void end_command(const OpenSpan& span, std::string_view tool, std::string_view command, ErrorKind error);

  void add(SpanRecord span);
  void add(LogEntry entry);
  // Sends what was added, and these figures.
  void send(const std::vector<MetricRecord>& metrics);
  // Sends what is left; says what went wrong on standard error.
  void finish();

 private:
  void send_added();

  TelemetryPlan plan_;
  std::unique_ptr<Exporter> exporter_;
  std::mutex mutex_;
  std::vector<SpanRecord> spans_;
  std::vector<LogEntry> logs_;
  WallTime metrics_since_;
  bool finished_ = false;
};

}  // namespace rh::agent
