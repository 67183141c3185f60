#include "runner/agent/telemetry/telemetry.h"

#include <unistd.h>

#include <fmt/core.h>

#include "runner/agent/http/http_client.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

constexpr std::size_t kBatch = 512;  // spans of one message

double seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

WallTime after(WallTime start, std::chrono::nanoseconds span) {
  return start + std::chrono::duration_cast<WallTime::duration>(span);
}

std::string_view word_of(ExecutionMethod method) {
  return method == ExecutionMethod::local ? "local" : method == ExecutionMethod::container ? "container" : "auto";
}

Attributes execution_attributes(const ExecutionRecord& record) {
  Attributes attributes{{"language", std::string(name_of(record.request.language))},
                        {"code_length", static_cast<std::int64_t>(record.request.code.size())},
                        {"success", record.success()},
                        {"execution.id", record.id},
                        {"execution.status", std::string(name_of(record.status))},
                        {"execution.method", std::string(word_of(record.method))},
                        {"execution.security", record.security == SecurityMode::safe ? "safe" : "permissive"}};
  if (record.exit_code) attributes.push_back({"process.exit.code", std::int64_t{*record.exit_code}});
  if (!record.runtime.name.empty()) attributes.push_back({"process.runtime.name", record.runtime.name});
  if (!record.runtime.version.empty()) attributes.push_back({"process.runtime.version", record.runtime.version});
  if (record.error.kind != ErrorKind::none)
    attributes.push_back({"error.type", std::string(row_of(record.error.kind).name)});
  if (!record.request.session.empty()) attributes.push_back({"session.id", record.request.session});
  if (!record.request.model.empty()) attributes.push_back({"gen_ai.request.model", record.request.model});
  return attributes;
}

std::vector<MetricRecord> execution_metrics(const ExecutionRecord& record) {
  const Attributes attributes{{"language", std::string(name_of(record.request.language))},
                              {"success", record.success()}};
  std::vector<MetricRecord> metrics{
      {"runharness.executions", "{execution}", "executions of code", MetricKind::sum, true, {{attributes, 1}}},
      {"runharness.execution.duration",
       "s",
       "wall time of running code",
       MetricKind::histogram,
       false,
       {{attributes, seconds(record.wall)}}}};
  return metrics;
}

}  // namespace

Telemetry::Telemetry(const TelemetrySettings& settings, const model::Environment& environment,
                     const std::filesystem::path& program)
    : plan_(telemetry_plan(settings, environment)), metrics_since_(wall_now()) {
  if (plan_.enabled) exporter_ = std::make_unique<Exporter>(plan_, http_program(program));
}

Telemetry::~Telemetry() { finish(); }

OpenSpan Telemetry::begin(std::string_view trace_parent) {
  if (!enabled()) return {};
  return {new_span(trace_parent.empty() ? std::string_view(plan_.trace_parent) : trace_parent), wall_now()};
}

void Telemetry::end_execution(const OpenSpan& span, const ExecutionRecord& record) {
  if (!enabled() || span.ids.trace.empty()) return;
  const WallTime end = wall_now();
  const bool failed = record.error.kind != ErrorKind::none;
  WallTime at = span.start;
  for (const Stage& stage : record.stages) {
    const WallTime stage_end = after(at, stage.wall);
    if (stage.outcome != "skipped")
      add(SpanRecord{child_of(span.ids),
                     stage.name,
                     SpanKind::internal,
                     at,
                     stage_end,
                     {{"cicd.pipeline.task.name", stage.name},
                      {"cicd.pipeline.task.run.result", stage.outcome == "ok" ? "success" : "failure"}},
                     stage.outcome == "failed" ? SpanStatus::error : SpanStatus::unset,
                     {}});
    at = stage_end;
  }
  add(SpanRecord{span.ids, fmt::format("execute {}", name_of(record.request.language)), SpanKind::internal, span.start,
                 end, execution_attributes(record), failed ? SpanStatus::error : SpanStatus::ok, record.error.message});
  if (failed)
    add(LogEntry{end,
                 LogSeverity::error,
                 fmt::format("{}: {}", row_of(record.error.kind).name, record.error.message),
                 {{"execution.id", record.id}},
                 span.ids});
  send(execution_metrics(record));
}

void Telemetry::end_call(const OpenSpan& span, std::string_view tool, std::string_view protocol, ErrorKind error) {
  if (!enabled() || span.ids.trace.empty()) return;
  const WallTime end = wall_now();
  Attributes attributes{{"mcp.method.name", std::string("tools/call")},
                        {"gen_ai.operation.name", std::string("execute_tool")},
                        {"gen_ai.tool.name", std::string(tool)}};
  if (!protocol.empty()) attributes.push_back({"mcp.protocol.version", std::string(protocol)});
  Attributes of_metric = attributes;
  if (error != ErrorKind::none) of_metric.push_back({"error.type", std::string(row_of(error).name)});
  add(SpanRecord{span.ids,
                 fmt::format("tools/call {}", tool),
                 SpanKind::server,
                 span.start,
                 end,
                 of_metric,
                 error == ErrorKind::none ? SpanStatus::unset : SpanStatus::error,
                 {}});
  send({{"mcp.server.operation.duration",
         "s",
         "time of a call over MCP",
         MetricKind::histogram,
         false,
         {{of_metric, seconds(end - span.start)}}}});
}

void Telemetry::end_command(const OpenSpan& span, std::string_view tool, std::string_view command, ErrorKind error) {
  if (!enabled() || span.ids.trace.empty()) return;
  const WallTime end = wall_now();
  Attributes attributes{{"process.executable.name", std::string("runharness")},
                        {"runharness.command", std::string(command)},
                        {"gen_ai.operation.name", std::string("execute_tool")},
                        {"gen_ai.tool.name", std::string(tool)}};
  if (error != ErrorKind::none) attributes.push_back({"error.type", std::string(row_of(error).name)});
  add(SpanRecord{span.ids,
                 fmt::format("runharness {}", command),
                 SpanKind::internal,
                 span.start,
                 end,
                 attributes,
                 error == ErrorKind::none ? SpanStatus::unset : SpanStatus::error,
                 {}});
  send({{"runharness.command.duration",
         "s",
         "time of a command",
         MetricKind::histogram,
         false,
         {{attributes, seconds(end - span.start)}}}});
}

void Telemetry::add(SpanRecord span) {
  if (!enabled()) return;
  const std::lock_guard lock(mutex_);
  spans_.push_back(std::move(span));
  if (spans_.size() >= kBatch) send_added();
}

void Telemetry::add(LogEntry entry) {
  if (!enabled()) return;
  const std::lock_guard lock(mutex_);
  logs_.push_back(std::move(entry));
  if (logs_.size() >= kBatch) send_added();
}

void Telemetry::send_added() {
  if (!spans_.empty()) exporter_->send(Signal::traces, traces_json(plan_.resource, spans_));
  if (!logs_.empty()) exporter_->send(Signal::logs, logs_json(plan_.resource, logs_));
  spans_.clear();
  logs_.clear();
}

void Telemetry::send(const std::vector<MetricRecord>& metrics) {
  if (!enabled()) return;
  const std::lock_guard lock(mutex_);
  send_added();
  const WallTime now = wall_now();
  if (!metrics.empty()) exporter_->send(Signal::metrics, metrics_json(plan_.resource, metrics, metrics_since_, now));
  metrics_since_ = now;
}

void Telemetry::finish() {
  if (!enabled()) return;
  const std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  send_added();
  exporter_->finish();
  std::string text;
  for (const auto& list : {plan_.problems, exporter_->problems()})
    for (const std::string& problem : list) text += fmt::format("runharness: {}\n", problem);
  if (!text.empty()) static_cast<void>(write_all(BorrowedFd(STDERR_FILENO), text, "standard error"));
}

}  // namespace rh::agent
