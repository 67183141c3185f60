#include "runner/agent/jupyter/jupyter_request.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/jupyter/jupyter_events.h"
#include "runner/agent/mcp/base64.h"
#include "runner/agent/notebook/read.h"
#include "runner/base/embedded.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_python_after)
RH_EMBEDDED(rh_jupyter_kernel_side)

namespace rh::agent {
namespace {

using nlohmann::json;

// Servers take messages of 10 MiB at most.
constexpr std::size_t kFilePiece = 2U << 20;
constexpr std::string_view kModule = R"(__import__("sys").modules["_runharness"])";

// A text of JSON is one of Python, too.
std::string python_text(std::string_view text) {
  return json(text).dump(-1, ' ', true, json::error_handler_t::replace);
}

std::string python_json(const json& value) {
  return fmt::format(R"(__import__("json").loads({}))",
                     python_text(value.dump(-1, ' ', false, json::error_handler_t::replace)));
}

// Before the code: files, variables, arguments and context.
json begin_in_python(const ExecutionRequest& request) {
  json begin = json::array();
  const std::string program =
      std::string(RH_EMBEDDED_TEXT(rh_python_after)) + "\n" + std::string(RH_EMBEDDED_TEXT(rh_jupyter_kernel_side));
  begin.push_back(fmt::format(
      R"(__import__("sys").modules.__setitem__("_runharness", type(__import__("sys"))("_runharness")) or exec(compile({}, "<runharness>", "exec"), {}.__dict__))",
      python_text(program), kModule));
  for (const auto& [name, content] : request.files)
    for (std::size_t at = 0; at == 0 || at < content.size(); at += kFilePiece)
      begin.push_back(fmt::format("{}.put({}, \"{}\")", kModule, python_text(name),
                                  mcp::base64_of(std::string_view(content).substr(at, kFilePiece))));
  const std::string name = request.script.empty() ? "main.py" : request.script.filename().string();
  begin.push_back(fmt::format("{}.begin(globals(), {}, {}, {}, {})", kModule, python_text(name),
                              python_json(request.arguments), python_json(request.env),
                              request.context_json.empty() ? "None" : python_text(request.context_json)));
  return begin;
}

Result<json> cells_of(const ExecutionRequest& request) {
  if (request.notebook_text.empty())
    return json::array({{{"index", 0}, {"source", request.code}, {"may_fail", false}}});
  RH_TRY(const Notebook notebook, read_notebook(request.notebook_text, request.script.string()));
  json cells = json::array();
  for (std::size_t i = 0; i < notebook.cells.size(); ++i) {
    const NotebookCell& cell = notebook.cells[i];
    if (cell.type == NotebookCell::Type::code && !trim(cell.source).empty())
      cells.push_back({{"index", i}, {"source", cell.source}, {"may_fail", cell.may_fail}});
  }
  return cells;
}

Failure cannot(std::string_view what, std::string_view why) {
  return fail(ErrorKind::usage, fmt::format("run the code on the Jupyter server: {} {}; execution_method local runs it "
                                            "in the sandbox of this machine",
                                            what, why));
}

}  // namespace

std::string jupyter_language(const ExecutionRequest& request) {
  if (!request.notebook_text.empty())
    if (const auto notebook = read_notebook(request.notebook_text, request.script.string()))
      if (!notebook->language.empty() && notebook->language != "ipython") return notebook->language;
  return std::string(name_of(request.language));
}

Result<json> jupyter_request(const ExecutionRequest& request, const JupyterWish& wish) {
  if (!request.session.empty()) return cannot("a session", "is kept on this machine only");
  if (!request.packages.empty() || !request.requirements.empty())
    return cannot("packages", "are those that the server has");
  const std::string language = jupyter_language(request);
  const bool python = language == "python";
  if (!python && (!request.files.empty() || !request.env.empty() || !request.arguments.empty() ||
                  !request.context_json.empty() || !request.artifacts.empty()))
    return cannot("files, env_vars, arguments, context and artifacts", "are for kernels of Python only");
  RH_TRY(json cells, cells_of(request));
  const auto allow = request.env.find("RUNHARNESS_ALLOW_ERRORS");
  return json{{"host", wish.place.host},
              {"port", wish.place.port},
              {"base", wish.place.base},
              {"tls", wish.place.tls},
              {"token", wish.place.token},
              {"kernel", wish.kernel},
              {"kernel_must_exist", wish.must_exist},
              {"language", language},
              {"begin", python ? begin_in_python(request) : json::array()},
              {"cells", std::move(cells)},
              {"allow_errors", allow != request.env.end() && allow->second == "1"},
              {"stdin", request.standard_input},
              {"after", python ? std::string(kModule) + ".piece()" : std::string()},
              {"timeout_ms", wish.timeout.count()},
              {"start_ms", std::chrono::milliseconds(kJupyterStart).count()},
              {"output_bytes", wish.output_bytes}};
}

}  // namespace rh::agent
