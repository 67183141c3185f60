#include "runner/agent/notebook/run.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/notebook/cell_json.h"
#include "runner/agent/notebook/read.h"
#include "runner/agent/notebook/write.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_notebook_driver)
RH_EMBEDDED(rh_kernel_driver)

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kEmptyNotebook = R"({"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[]})";
constexpr std::uint64_t kMaxOutputs = 256ULL << 20;

std::string variable(const ExecutionRequest& request, const std::string& name) {
  const auto at = request.env.find(name);
  return at == request.env.end() ? std::string() : at->second;
}

// A text of JSON is one of Python, too, as long as characters are written as themselves.
std::string python_text(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string driver_of(const ExecutionRequest& request, const Notebook& notebook) {
  json cells = json::array();
  for (std::size_t i = 0; i < notebook.cells.size(); ++i) {
    const NotebookCell& cell = notebook.cells[i];
    if (cell.type != NotebookCell::Type::code || trim(cell.source).empty()) continue;
    cells.push_back({{"index", i}, {"source", cell.source}, {"may_fail", cell.may_fail}});
  }
  const bool by_kernel = variable(request, "RUNHARNESS_NOTEBOOK") == "jupyter";
  const bool allow = variable(request, "RUNHARNESS_ALLOW_ERRORS") == "1";
  std::string program(by_kernel ? RH_EMBEDDED_TEXT(rh_kernel_driver) : RH_EMBEDDED_TEXT(rh_notebook_driver));
  program += fmt::format("\nCELLS = json.loads({})\nALLOW_ERRORS = {}\nOUTPUTS = {}\nKERNEL = {}\n",
                         python_text(cells.dump(-1, ' ', false, json::error_handler_t::replace)),
                         allow ? "True" : "False", python_text(std::string(kNotebookOutputs)),
                         python_text(notebook.kernel.empty() ? "python3" : notebook.kernel));
  program += by_kernel ? "run_in_kernel()\n" : "run_cells()\n";
  return program;
}

std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  if (value.is_array())
    for (const json& line : value)
      if (line.is_string()) text += line.get_ref<const std::string&>();
  return text;
}

ExecutionStep step_of(const json& cell) {
  ExecutionStep step;
  step.code = text_of(cell["source"]);
  for (const json& output : cell["outputs"]) {
    const std::string type = output.value("output_type", "");
    if (type == "stream") step.output += text_of(output.value("text", json("")));
    if ((type == "execute_result" || type == "display_data") && output.contains("data") &&
        output["data"].contains("text/plain"))
      step.output += text_of(output["data"]["text/plain"]) + "\n";
    if (type == "error") {
      step.success = false;
      step.error = fmt::format("{}: {}", output.value("ename", ""), output.value("evalue", ""));
    }
  }
  return step;
}

// What the driver told; a cell that began and has no end was running when the process ended.
struct Told {
  std::vector<std::pair<std::size_t, json>> ended;
  std::optional<std::size_t> running;
};

Told read_told(const std::string& text) {
  Told told;
  for (const std::string_view line : split_lines(text)) {
    json one = json::parse(line, nullptr, false);
    if (!one.is_object()) continue;
    if (one.contains("begin") && one["begin"].is_number_unsigned()) told.running = one["begin"].get<std::size_t>();
    if (!one.contains("end") || !one["end"].is_number_unsigned() || !one.value("outputs", json()).is_array()) continue;
    told.running.reset();
    const auto index = one["end"].get<std::size_t>();
    told.ended.emplace_back(index, std::move(one));
  }
  return told;
}

json take_told(ExecutionRecord& record) {
  const auto at = std::find_if(record.artifacts.begin(), record.artifacts.end(),
                               [](const RecordArtifact& one) { return one.name == kNotebookOutputs; });
  Told told;
  if (at != record.artifacts.end()) {
    if (const auto text = read_file(at->path, kMaxOutputs)) told = read_told(*text);
    std::error_code ignored;
    fs::remove(at->path, ignored);
    record.artifacts.erase(at);
  }
  const auto notebook = read_notebook(record.request.notebook_text, record.request.script.string());
  json document = json::parse(notebook ? notebook->document : std::string(kEmptyNotebook));
  json& cells = document["cells"];
  for (json& cell : cells)
    if (cell["cell_type"] == "code") {
      cell["outputs"] = json::array();
      cell["execution_count"] = nullptr;
    }
  for (const auto& [index, one] : told.ended) {
    if (index >= cells.size() || cells[index]["cell_type"] != "code") continue;
    cells[index]["outputs"] = one["outputs"];
    cells[index]["execution_count"] = one.value("execution_count", json());
    record.steps.push_back(step_of(cells[index]));
  }
  const bool stopped = record.error.kind != ErrorKind::none && record.status != ExecutionStatus::waiting;
  if (told.running && stopped && *told.running < cells.size()) {
    json& cell = cells[*told.running];
    cell["outputs"].push_back(cell_error(std::string(name_of(record.error.kind)), record.error.message, {}));
    record.steps.push_back(step_of(cell));
  } else if (told.ended.empty() && stopped) {
    cells.insert(cells.begin(),
                 markdown_cell("not-run", fmt::format("**{}**: {}", name_of(record.error.kind), record.error.message)));
  }
  return document;
}

}  // namespace

bool is_notebook(const fs::path& script) { return script.extension() == ".ipynb"; }

Result<void> prepare_notebook(ExecutionRequest& request) {
  RH_TRY(const Notebook notebook, read_notebook(request.code, request.script.string()));
  const bool python = notebook.language.empty() || notebook.language == "python" || notebook.language == "ipython";
  if (!python && variable(request, "RUNHARNESS_NOTEBOOK") != "jupyter")
    return fail(rh::ErrorKind::unsupported,
                fmt::format("run the notebook: its language is {}; python is run here, others by a Jupyter kernel with "
                            "RUNHARNESS_NOTEBOOK=jupyter in the environment of the request",
                            notebook.language),
                request.script.string());
  request.language = Language::python;
  // Its cells have one state of their own, in a process of their own.
  request.mode = ExecutionMode::subprocess;
  request.session.clear();
  request.driver = driver_of(request, notebook);
  request.notebook_text = std::exchange(request.code, code_of(notebook));
  if (!request.artifacts.empty()) request.artifacts.emplace_back(kNotebookOutputs);
  return {};
}

bool wants_notebook(const Service& service, const ExecutionRecord& record) {
  return !record.request.notebook_text.empty() || record.request.notebook.value_or(service.config().notebooks);
}

Result<void> finish_notebook(const Service& service, ExecutionRecord& record) {
  const std::string name = record.request.folder_name.empty() ? record.id : record.request.folder_name;
  const fs::path folder = service.paths().state / "artifacts" / name;
  if (record.request.notebook_text.empty()) {
    RH_TRY(record.notebook, write_notebook(record, folder / "notebook.ipynb"));
    return {};
  }
  const std::string stem = record.request.script.stem().string();
  json document = take_told(record);
  document["metadata"]["runharness"] = {
      {"execution_id", record.id}, {"status", name_of(record.status)}, {"success", record.success()}};
  if (!document["metadata"].contains("kernelspec"))
    document["metadata"]["kernelspec"] = {
        {"name", kernel_name_of(record)}, {"display_name", "Python 3"}, {"language", "python"}};
  const fs::path file = folder / ((stem.empty() ? "notebook" : stem) + ".ipynb");
  RH_CHECK(make_directories(folder));
  RH_CHECK(write_file(file, document.dump(1, ' ', false, json::error_handler_t::replace) + "\n"));
  record.notebook = file;
  return {};
}

}  // namespace rh::agent
