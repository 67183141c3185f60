// Records as JSON and as a few lines of text. Times in seconds, sizes in bytes; docs/formats/execution-record.md.
#include "runner/agent/exec/record.h"

#include <array>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/request_names.h"
#include "runner/agent/visible_text.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kStatusNames{"completed", "failed", "timeout",  "blocked",
                                                       "waiting",   "shown",  "cancelled"};
constexpr std::size_t kSummaryOutput = 4000;
constexpr double kMegabyte = 1024.0 * 1024.0;

double seconds(std::chrono::nanoseconds span) { return static_cast<double>(span.count()) / 1e9; }

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

std::string why_unmeasured(const ExecutionRecord& record, const std::string& reason) {
  if (!record.execution) return "nothing was started";
  return reason.empty() ? "it could not be measured on this host" : reason;
}

json error_json(const ExecutionRecord& record) {
  if (record.error.kind == ErrorKind::none) return nullptr;
  const ErrorKindRow& row = row_of(record.error.kind);
  json error = {{"kind", row.name},
                {"category", name_of(row.category)},
                {"message", record.error.message},
                {"retry", {{"same_request", row.retry_same}, {"changed_request", row.retry_changed}}}};
  if (!record.error.concerns.empty()) error["concerns"] = record.error.concerns;
  return error;
}

// Columns of equal length. CPU is the share of one core since the sample before.
json samples_json(const RunSamples& samples) {
  json out = {{"cadence", seconds(samples.cadence)},   {"time", json::array()},
              {"cpu_percent", json::array()},          {"memory", samples.memory_bytes},
              {"processes", samples.processes},        {"cpu_source", samples.cpu_source},
              {"memory_source", samples.memory_source}};
  std::chrono::nanoseconds at{0}, cpu{0};
  for (std::size_t i = 0; i < samples.at.size(); ++i) {
    const double wall = seconds(samples.at[i] - at);
    out["time"].push_back(std::round(seconds(samples.at[i]) * 1000) / 1000);
    out["cpu_percent"].push_back(wall > 0 ? json(std::round(1000 * seconds(samples.cpu[i] - cpu) / wall) / 10)
                                          : json());
    at = samples.at[i];
    cpu = samples.cpu[i];
  }
  return out;
}

void put_samples(const ExecutionRecord& record, json& metrics) {
  const RunSamples& samples = record.samples;
  if (!samples.at.empty())
    metrics["samples"] = samples_json(samples);
  else
    metrics["reasons"]["samples"] = why_unmeasured(record, samples.reason);
}

json metrics_json(const ExecutionRecord& record) {
  json metrics = {{"execution_time", nullptr}, {"memory_used", nullptr}, {"memory_mb", nullptr},
                  {"cpu_percent", nullptr},    {"cpu_time", nullptr},    {"samples", nullptr},
                  {"reasons", json::object()}};
  put_samples(record, metrics);
  json& reasons = metrics["reasons"];
  if (!record.execution) {
    for (const char* name : {"execution_time", "memory_used", "cpu_percent"})
      reasons[name] = why_unmeasured(record, {});
    return metrics;
  }
  const model::ProcessUsage& usage = record.execution->usage;
  metrics["execution_time"] = seconds(record.wall);
  if (usage.peak_memory.value) {
    metrics["memory_used"] = *usage.peak_memory.value;
    metrics["memory_mb"] = static_cast<double>(*usage.peak_memory.value) / kMegabyte;
    metrics["memory_source"] = usage.peak_memory.source;
  } else {
    reasons["memory_used"] = why_unmeasured(record, usage.peak_memory.reason);
  }
  if (usage.user_cpu.value && usage.system_cpu.value) {
    const double cpu = seconds(*usage.user_cpu.value + *usage.system_cpu.value);
    metrics["cpu_time"] = cpu;
    metrics["cpu_source"] = usage.user_cpu.source;
    if (record.wall.count() > 0) metrics["cpu_percent"] = 100 * cpu / seconds(record.wall);
  } else {
    reasons["cpu_percent"] = why_unmeasured(record, usage.user_cpu.reason);
  }
  return metrics;
}

json isolation_json(const ExecutionRecord& record) {
  json isolation = {{"method", word_of(kMethodNames, record.method)}, {"level", nullptr}, {"network", nullptr}};
  if (!record.server.empty())
    isolation["reason"] = "the code ran on a Jupyter server, whose isolation is not known here";
  if (!record.execution || !record.server.empty()) return isolation;
  const model::Execution& execution = *record.execution;
  isolation["level"] = model::name_of(execution.isolation.reached);
  isolation["requested"] = model::name_of(execution.isolation.requested);
  isolation["network"] = model::name_of(execution.limits.network);
  isolation["weaker"] = json::array();
  for (const model::IsolationRow& row : execution.isolation.rows)
    if (row.state == model::MechanismState::degraded || row.state == model::MechanismState::refused)
      isolation["weaker"].push_back(
          {{"mechanism", row.mechanism}, {"state", model::name_of(row.state)}, {"reason", row.reason}});
  return isolation;
}

json limits_json(const ExecutionRecord& record) {
  if (!record.execution) return nullptr;
  const model::Limits& limits = record.execution->limits;
  const auto span = [](const auto& value) { return value ? json(seconds(*value)) : json(); };
  json out = {{"timeout", span(limits.wall)},           {"cpu_time", span(limits.cpu)},
              {"memory", or_null(limits.memory_bytes)}, {"cpus", or_null(limits.cpus)},
              {"processes", or_null(limits.pids)},      {"file_size", or_null(limits.file_bytes)},
              {"output", or_null(limits.output_bytes)}};
  if (!record.server.empty())
    out["reason"] = "a Jupyter server has limits of its own: only time and output are held here";
  return out;
}

void put_files(const ExecutionRecord& record, json& out) {
  out["artifacts"] = json::array();
  out["files"] = json::array();
  out["figure_paths"] = json::array();
  for (const RecordArtifact& artifact : record.artifacts) {
    out["artifacts"].push_back({{"name", artifact.name},
                                {"path", artifact.path.string()},
                                {"mime_type", artifact.mime_type},
                                {"bytes", artifact.bytes},
                                {"figure", artifact.figure}});
    out["files"].push_back(artifact.name);
    if (artifact.figure) out["figure_paths"].push_back(artifact.path.string());
  }
}

json steps_json(const ExecutionRecord& record) {
  json steps = json::array();
  for (const ExecutionStep& step : record.steps)
    steps.push_back({{"input", step.code},
                     {"output", step.output},
                     {"error", text_or_null(step.error)},
                     {"success", step.success},
                     {"files", step.files}});
  return steps;
}

json stages_json(const ExecutionRecord& record) {
  json stages = json::array();
  for (const Stage& stage : record.stages) {
    json one = {{"name", stage.name}, {"outcome", stage.outcome}, {"seconds", seconds(stage.wall)}};
    if (!stage.detail.empty()) one["detail"] = stage.detail;
    stages.push_back(std::move(one));
  }
  return stages;
}

json request_json(const ExecutionRequest& request) {
  json out = to_json(request);
  out.erase("code");
  // Values may be secrets; what was written into files is in the working folder's artifacts or not of interest.
  for (const char* name : {"env_vars", "files"})
    if (const auto at = out.find(name); at != out.end()) {
      json names = json::array();
      for (const auto& [key, value] : at->items()) names.push_back(key);
      out[name] = std::move(names);
    }
  return out;
}

std::string cut(const std::string& text) {
  if (text.size() <= kSummaryOutput) return text;
  return to_valid_utf8(text.substr(0, kSummaryOutput)) + "\n[more in the record]\n";
}

}  // namespace

std::string_view name_of(ExecutionStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

json to_json(const ExecutionRecord& record) {
  const ExecutionRequest& request = record.request;
  const json stored = record.result_json.empty() ? json() : json::parse(record.result_json, nullptr, false);
  json out = {{"schema", "runharness.execution-record"},
              {"schema_version", kExecutionRecordVersion},
              {"execution_id", record.id},
              {"short_id", record.short_id},
              {"timestamp", to_rfc3339(record.started)},
              {"status", name_of(record.status)},
              {"success", record.success()},
              {"language", name_of(request.language)},
              {"code", request.code},
              {"instruction", text_or_null(request.instruction)},
              {"stdout", record.standard_output.bytes},
              {"stderr", record.standard_error.bytes},
              {"output", record.standard_output.bytes},
              {"stdout_truncated", record.standard_output.truncated},
              {"stderr_truncated", record.standard_error.truncated},
              {"exit_code", or_null(record.exit_code)},
              {"signal", or_null(record.signal)},
              {"error", error_json(record)},
              {"execution_time", seconds(record.wall)},
              {"duration_seconds", seconds(record.total)},
              {"metrics", metrics_json(record)},
              {"results", stored.is_discarded() ? json() : stored},
              {"notebook_link", text_or_null(record.notebook.string())},
              {"steps", steps_json(record)},
              {"stages", stages_json(record)},
              {"assessment", record.assessment_json.empty() ? json() : json::parse(record.assessment_json)},
              {"approval_id", text_or_null(record.approval_id)},
              {"access_mode", text_or_null(record.access_mode)},
              {"kernel_name", text_or_null(record.kernel_name)},
              {"runtime",
               {{"name", record.runtime.name},
                {"version", text_or_null(record.runtime.version)},
                {"path", text_or_null(record.runtime.path.string())},
                {"server", text_or_null(record.server)}}},
              {"isolation", isolation_json(record)},
              {"limits", limits_json(record)},
              {"security_mode", word_of(kSecurityNames, record.security)},
              {"execution_mode", word_of(kModeNames, record.mode)},
              {"execution_method", word_of(kMethodNames, record.method)},
              {"provider", text_or_null(request.provider)},
              {"model", text_or_null(request.model)},
              {"session_id", text_or_null(request.session)},
              {"request", request_json(request)},
              {"metadata", {{"fallback", record.status == ExecutionStatus::shown}}},
              {"diagnostics", json::array()}};
  put_files(record, out);
  for (const model::Diagnostic& diagnostic : record.diagnostics)
    out["diagnostics"].push_back({{"severity", model::name_of(diagnostic.severity)},
                                  {"code", diagnostic.code},
                                  {"message", diagnostic.message},
                                  {"subject", text_or_null(diagnostic.subject)}});
  return out;
}

int exit_code_of(const ExecutionRecord& record) {
  if (record.error.kind == ErrorKind::none) return record.success() ? 0 : 1;
  return row_of(record.error.kind).exit_code;
}

std::string summary_of(const ExecutionRecord& record) {
  std::string text;
  if (record.success())
    text = fmt::format("completed in {} ({})\n", format_duration(record.wall), record.id);
  else
    text = fmt::format("{}{}: {} ({})\n", name_of(record.status),
                       record.error.kind == ErrorKind::none ? "" : fmt::format(", {}", name_of(record.error.kind)),
                       record.error.message.empty() ? "no message" : record.error.message, record.id);
  if (record.status == ExecutionStatus::shown) text += "The code was not run:\n" + cut(record.request.code) + "\n";
  if (!record.standard_output.bytes.empty()) text += cut(record.standard_output.bytes);
  if (!text.ends_with('\n')) text += '\n';
  if (!record.standard_error.bytes.empty()) text += "stderr:\n" + cut(record.standard_error.bytes);
  if (!text.ends_with('\n')) text += '\n';
  if (!record.result_json.empty()) text += "result: " + cut(visible_text(record.result_json)) + "\n";
  for (const RecordArtifact& artifact : record.artifacts)
    text += fmt::format("{}: {} ({})\n", artifact.figure ? "figure" : "file", on_one_line(artifact.name),
                        format_size(artifact.bytes));
  for (const model::Diagnostic& diagnostic : record.diagnostics)
    if (diagnostic.severity != model::Severity::info) text += "warning: " + on_one_line(diagnostic.message) + "\n";
  return text;
}

}  // namespace rh::agent
