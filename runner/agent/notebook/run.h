// An .ipynb as an execution: its cells run one after the other in one process of the sandbox, by the driver of
// support/, or by the Jupyter kernel that is installed (RUNHARNESS_NOTEBOOK=jupyter in the request's environment). The
// rest is as for any other code: limits, packages, approval, artifacts, history.
#pragma once

#include <filesystem>
#include <string_view>

#include "runner/agent/exec/record.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/service.h"
#include "runner/base/result.h"

namespace rh::agent {

// Among the files of the working folder while a notebook runs: what its cells gave, as lines of JSON ({"begin": N} and
// {"end": N, "outputs", "execution_count", "failed"}). Taken out of the artifacts again.
constexpr std::string_view kNotebookOutputs = "runharness-notebook-outputs.jsonl";

[[nodiscard]] bool is_notebook(const std::filesystem::path& script);

// `request.code` is the notebook's text: afterwards that is `request.notebook_text`, `code` is the code of its cells,
// and `driver` the program that runs them.
[[nodiscard]] Result<void> prepare_notebook(ExecutionRequest& request);

// The stage "notebook" of an execution: cells with their outputs for a notebook that ran, a notebook of the code for
// any other execution that asks for one. Fills record.notebook and record.steps.
[[nodiscard]] bool wants_notebook(const Service& service, const ExecutionRecord& record);
[[nodiscard]] Result<void> finish_notebook(const Service& service, ExecutionRecord& record);

}  // namespace rh::agent
