#include "runner/agent/notebook/write.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/mcp/base64.h"
#include "runner/agent/notebook/cell_json.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct KernelRow {
  Language language;
  std::string_view kernel, display_name, info_name, suffix;
};
// Kernels as their own installers name them.
constexpr KernelRow kKernels[] = {
    {Language::python, "python3", "Python 3", "python", ".py"},
    {Language::javascript, "javascript", "JavaScript (Node.js)", "javascript", ".js"},
    {Language::bash, "bash", "Bash", "bash", ".sh"},
    {Language::go, "gophernotes", "Go", "go", ".go"},
    {Language::rust, "rust", "Rust", "rust", ".rs"},
    {Language::java, "java", "Java", "java", ".java"},
};

const KernelRow& kernel_row(Language language) {
  for (const KernelRow& row : kKernels)
    if (row.language == language) return row;
  return kKernels[0];
}

json stream(std::string_view name, const model::CapturedText& text) {
  return {{"output_type", "stream"},
          {"name", name},
          {"text", to_valid_utf8(text.bytes) + (text.truncated ? "\n[more was printed than is kept]\n" : "")}};
}

json figure_output(const RecordArtifact& artifact) {
  const auto bytes = artifact.bytes <= kMaxFigureBytes
                         ? read_file(artifact.path, kMaxFigureBytes)
                         : Result<std::string>(fail(rh::ErrorKind::limit, "read the figure"));
  json data = {{"text/plain", artifact.name}};
  if (bytes && artifact.mime_type == "image/svg+xml")
    data[artifact.mime_type] = to_valid_utf8(*bytes);
  else if (bytes && artifact.mime_type.starts_with("image/"))
    data[artifact.mime_type] = mcp::base64_of(*bytes);
  else
    data["text/plain"] =
        artifact.name + " (cannot be shown: " + (bytes ? "it is no picture" : "it is too large or gone") + ")";
  return {{"output_type", "display_data"}, {"data", data}, {"metadata", json::object()}};
}

json result_output(const ExecutionRecord& record) {
  const json value = json::parse(record.result_json, nullptr, false);
  json data = {{"text/plain", value.is_discarded() ? record.result_json : value.dump(1)}};
  if (value.is_object() || value.is_array()) data["application/json"] = value;
  return {{"output_type", "execute_result"}, {"execution_count", 1}, {"data", data}, {"metadata", json::object()}};
}

// Its name and text as the code raised it, where its last line says so; else as the record has it.
json error_output(const ExecutionRecord& record) {
  const auto lines = split_lines(trim(record.standard_error.bytes));
  std::string name(name_of(record.error.kind)), value = record.error.message;
  if (record.error.kind == ErrorKind::code_error && !lines.empty()) {
    const std::string last = strip_ansi(lines.back());
    const std::size_t colon = last.find(": ");
    if (colon != std::string::npos && last.find(' ') > colon) {
      name = last.substr(0, colon);
      value = last.substr(colon + 2);
    }
  }
  return cell_error(name, value, record.error.concerns);
}

json outputs_of(const ExecutionRecord& record) {
  json outputs = json::array();
  if (!record.standard_output.bytes.empty()) outputs.push_back(stream("stdout", record.standard_output));
  if (!record.standard_error.bytes.empty()) outputs.push_back(stream("stderr", record.standard_error));
  for (const RecordArtifact& artifact : record.artifacts)
    if (artifact.figure) outputs.push_back(figure_output(artifact));
  if (!record.result_json.empty()) outputs.push_back(result_output(record));
  if (record.error.kind != ErrorKind::none && record.status != ExecutionStatus::waiting)
    outputs.push_back(error_output(record));
  return outputs;
}

std::string heading_of(const ExecutionRecord& record) {
  const ExecutionRequest& request = record.request;
  std::string text = fmt::format("# Execution {}\n\n", record.id);
  if (!request.instruction.empty()) text += request.instruction + "\n\n";
  text += fmt::format("- status: **{}**\n- started: {}\n- language: {}\n", name_of(record.status),
                      to_rfc3339(record.started), name_of(request.language));
  if (!request.user_query.empty()) text += "- query: " + request.user_query + "\n";
  if (!request.task_objective.empty()) text += "- objective: " + request.task_objective + "\n";
  if (!request.expected_results.empty()) text += "- expected: " + request.expected_results + "\n";
  if (record.error.kind != ErrorKind::none)
    text += fmt::format("- {}: {}\n", name_of(record.error.kind), record.error.message);
  if (!record.approval_id.empty()) text += fmt::format("- approval: `{}`\n", record.approval_id);
  if (!request.packages.empty()) text += "- packages: " + join(request.packages, ", ") + "\n";
  for (const RecordArtifact& artifact : record.artifacts)
    if (!artifact.figure) text += fmt::format("- file: {} ({})\n", artifact.name, format_size(artifact.bytes));
  return to_valid_utf8(text);
}

json cells_of(const ExecutionRecord& record) {
  json cells = json::array();
  cells.push_back(markdown_cell("execution", heading_of(record)));
  const bool ran = record.execution.has_value();
  if (record.steps.empty()) {
    cells.push_back(code_cell("code", record.request.code, ran ? json(1) : json(), outputs_of(record)));
    return cells;
  }
  int number = 0;
  for (const ExecutionStep& step : record.steps) {
    json outputs = json::array();
    if (!step.output.empty()) outputs.push_back(stream("stdout", {step.output, false}));
    if (!step.error.empty()) outputs.push_back(cell_error("Error", step.error, {}));
    ++number;
    cells.push_back(code_cell(fmt::format("code-{}", number), step.code, number, std::move(outputs)));
  }
  return cells;
}

}  // namespace

std::string kernel_name_of(const ExecutionRecord& record) {
  return record.kernel_name.empty() ? std::string(kernel_row(record.request.language).kernel) : record.kernel_name;
}

std::string notebook_of(const ExecutionRecord& record) {
  const KernelRow& row = kernel_row(record.request.language);
  const std::string kernel = kernel_name_of(record);
  const std::string display(record.kernel_name.empty() ? row.display_name : std::string_view(record.kernel_name));
  const json metadata = {{"kernelspec", {{"name", kernel}, {"display_name", display}, {"language", row.info_name}}},
                         {"language_info", {{"name", row.info_name}, {"file_extension", row.suffix}}},
                         {"runharness",
                          {{"execution_id", record.id},
                           {"status", name_of(record.status)},
                           {"success", record.success()},
                           {"access_mode", record.access_mode.empty() ? json() : json(record.access_mode)}}}};
  const json document = {{"nbformat", 4}, {"nbformat_minor", 5}, {"metadata", metadata}, {"cells", cells_of(record)}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<fs::path> write_notebook(const ExecutionRecord& record, const fs::path& file) {
  RH_CHECK(make_directories(file.parent_path()));
  RH_CHECK(write_file(file, notebook_of(record)));
  return file;
}

}  // namespace rh::agent
