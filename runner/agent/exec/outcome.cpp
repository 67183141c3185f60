// What the sandbox saw as what it means for a caller, and a record as the answer of a tool.
#include "runner/agent/exec/pipeline.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/history/execution_id.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/engine/execution.h"

namespace rh::agent {
namespace {

using model::Ending;

struct EndingRow {
  Ending ending;
  ErrorKind kind;
  ExecutionStatus status;
};
constexpr EndingRow kEndings[] = {
    {Ending::wall_time, ErrorKind::timeout, ExecutionStatus::timeout},
    {Ending::cpu_time, ErrorKind::cpu_limit, ExecutionStatus::timeout},
    {Ending::memory, ErrorKind::memory_limit, ExecutionStatus::failed},
    {Ending::pids, ErrorKind::process_limit, ExecutionStatus::failed},
    {Ending::file_size, ErrorKind::file_size_limit, ExecutionStatus::failed},
    {Ending::output_limit, ErrorKind::output_limit, ExecutionStatus::failed},
    {Ending::start_failed, ErrorKind::sandbox_error, ExecutionStatus::failed},
    {Ending::internal, ErrorKind::sandbox_error, ExecutionStatus::failed},
    {Ending::cancelled, ErrorKind::cancelled, ExecutionStatus::cancelled},
};

std::string last_line(std::string_view text) {
  const auto lines = split_lines(trim(text));
  return lines.empty() ? std::string() : std::string(trim(lines.back()).substr(0, 500));
}

// For who has seen the output already: what it does not tell.
std::string remarks_of(const ExecutionRecord& record) {
  ExecutionRecord rest = record;
  rest.standard_output.bytes.clear();
  rest.standard_error.bytes.clear();
  const std::string text = summary_of(rest);
  const std::size_t first = record.success() ? text.find('\n') + 1 : 0;
  return std::string(trim(std::string_view(text).substr(first)));
}

}  // namespace

void leave_out_metrics(ExecutionRecord& record) {
  constexpr const char* kWhy = "switched off by collect_metrics";
  if (record.request.collect_metrics.value_or(true) || !record.execution) return;
  model::ProcessUsage& usage = record.execution->usage;
  usage.user_cpu = usage.system_cpu = model::CpuFigure::unknown(kWhy);
  usage.peak_memory = model::BytesFigure::unknown(kWhy);
  record.samples = {};
  record.samples.reason = kWhy;
}

void judge_execution(ExecutionRecord& record) {
  leave_out_metrics(record);
  const model::Execution& execution = *record.execution;
  record.wall = execution.usage.wall;
  record.exit_code = execution.status.exit_code;
  record.signal = execution.status.signal;
  for (const EndingRow& row : kEndings) {
    if (row.ending != execution.ending) continue;
    record.status = row.status;
    record.error.kind = row.kind;
    record.error.message = engine::limit_text(execution);
    if (record.error.message.empty()) record.error.message = execution.ending_detail;
    return;
  }
  if (execution.ending == Ending::exited && record.exit_code == 0) {
    record.status = ExecutionStatus::completed;
    return;
  }
  record.status = ExecutionStatus::failed;
  record.error.kind = ErrorKind::code_error;
  const std::string line = last_line(record.standard_error.bytes);
  if (record.exit_code)
    record.error.message = fmt::format("exit code {}{}{}", *record.exit_code, line.empty() ? "" : ": ", line);
  else
    record.error.message =
        fmt::format("ended by signal {}{}{}", record.signal.value_or(0), line.empty() ? "" : ": ", line);
}

ExecutionRecord new_record(const Service& service, const ExecutionRequest& request) {
  ExecutionRecord record;
  record.started = wall_now();
  if (const auto id = make_execution_id()) {
    record.id = id->id;
    record.short_id = id->short_id;
    record.started = id->started;
  }
  record.request = request;
  if (!service.config().collect_metrics && !request.collect_metrics) record.request.collect_metrics = false;
  record.mode = request.mode.value_or(service.config().mode);
  record.security = request.security.value_or(service.config().security);
  return record;
}

ToolAnswer answer_of(const ExecutionRecord& record, const CallContext& context) {
  ToolAnswer answer;
  answer.error = record.error.kind;
  answer.text = context.over_mcp || !context.on_output ? summary_of(record) : remarks_of(record);
  answer.structured = to_json(record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  answer.exit_code = exit_code_of(record);
  if (record.status == ExecutionStatus::waiting) answer.question = Question{record.approval_id, record.question};
  for (const RecordArtifact& artifact : record.artifacts)
    answer.attachments.push_back({artifact.name, artifact.path.string(), artifact.mime_type,
                                  fmt::format("runharness://executions/{}/artifacts/{}", record.id, artifact.name),
                                  artifact.figure});
  return answer;
}

}  // namespace rh::agent
