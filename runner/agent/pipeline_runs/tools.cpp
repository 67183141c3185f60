#include "runner/agent/pipeline_runs/tools.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/tools.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/pipeline_runs/batch.h"
#include "runner/agent/pipeline_runs/extract.h"
#include "runner/agent/pipeline_runs/pipeline_json.h"
#include "runner/agent/pipeline_runs/pipeline_run.h"
#include "runner/agent/service.h"
#include "runner/agent/tool_answers.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using T = ArgumentType;

ToolAnswer resume(Service& service, const CallContext& context, const json& arguments) {
  return resume_pipeline(service, context, arguments.at("pipeline_id").get<std::string>(), arguments);
}

ToolAnswer show(Service& service, const CallContext&, const json& arguments) {
  const auto state = read_pipeline(service, arguments.at("pipeline_id").get<std::string>());
  if (!state) return answer_of_error(state.error());
  ToolAnswer answer = pipeline_answer(service, *state, ErrorKind::none, {});
  return answer;
}

ToolAnswer list(Service& service, const CallContext&, const json&) {
  const auto all = read_pipelines(service);
  if (!all) return answer_of_error(all.error());
  json pipelines = json::array();
  std::string text;
  for (const PipelineState& state : *all) {
    pipelines.push_back({{"pipeline_id", state.id},
                         {"name", state.name},
                         {"status", name_of(state.status)},
                         {"started", state.started},
                         {"stages", state.stages.size()},
                         {"completed", state.next()}});
    text += pipeline_line(state);
  }
  if (text.empty()) text = "no pipeline was run yet\n";
  return answer_of({{"success", true}, {"pipelines", pipelines}}, text);
}

ToolAnswer extract(Service& service, const CallContext&, const json& arguments) {
  json answer;
  if (arguments.contains("answer")) {
    answer = arguments["answer"];
  } else if (arguments.contains("execution_id")) {
    const auto stored = service.executions().get(arguments["execution_id"].get<std::string>());
    if (!stored) return answer_of_error(stored.error());
    answer = json::parse(*stored, nullptr, false);
  } else {
    return error_answer(ErrorKind::invalid_request, "give 'answer', or 'execution_id' of a stored execution");
  }
  const json results = extract_results(answer);
  std::string text;
  for (const json& step : results)
    text +=
        fmt::format("input:\n{}\noutput:\n{}\n", step["input"].get<std::string>(), step["output"].get<std::string>());
  if (text.empty()) text = "there is no code with its output in it\n";
  return answer_of({{"success", true}, {"results", results}}, text);
}

// What each stage or block may say, said once for all of them: without code and path.
std::vector<ArgumentRow> common_arguments() {
  std::vector<ArgumentRow> rows;
  for (const ArgumentRow& row : execution_arguments())
    if (row.name != "code" && row.name != "path" && row.name != "script" && row.name != "arguments")
      rows.push_back(row);
  return rows;
}

template <class... Rows>
std::vector<ArgumentRow> before_common(Rows... first) {
  std::vector<ArgumentRow> rows{first...};
  for (const ArgumentRow& row : common_arguments()) rows.push_back(row);
  return rows;
}

constexpr std::string_view kBatchSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"total":{"type":"integer"},"succeeded":{"type":"integer"},
"failed":{"type":"integer"},"not_run":{"type":"integer"},"results":{"type":"array","items":{"type":"object","properties":{
"success":{"type":"boolean"},"name":{"type":"string"},"stdout":{"type":"string"}},"required":["success","name"]}}},
"required":["success","total","results"]})";
constexpr std::string_view kPipelineSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"pipeline_id":{"type":"string"},"name":{"type":"string"},
"status":{"type":"string","enum":["running","waiting","failed","completed"]},"error":{"type":["object","null"]},
"stages":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"status":{"type":"string"},
"success":{"type":"boolean"},"record":{"type":["object","null"]}},"required":["name","status"]}}},
"required":["success","pipeline_id","status","stages"]})";
constexpr std::string_view kListSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"pipelines":{"type":"array","items":{"type":"object"}}},
"required":["success","pipelines"]})";
constexpr std::string_view kExtractSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"results":{"type":"array","items":{"type":"object",
"properties":{"input":{"type":"string"},"output":{"type":"string"},"files":{"type":"array"}},
"required":["input","output","files"]}}},"required":["success","results"]})";

}  // namespace

std::vector<ToolRow> pipeline_tools() {
  const ToolHints reads{true, false, true, false}, runs{false, true, false, true};
  const ArgumentRow id{"pipeline_id", T::text, "the pipeline's id, or a begin of it", "ID", "ID", {}, true};
  return {
      {"execute_batch", "exec-batch", "Run several blocks of code, or script files, in one state",
       "Runs blocks of code, then script files, in order and in one shared state; a result with success for each.",
       before_common(
           ArgumentRow{"blocks", T::texts, "blocks of code, in order", "--block", "CODE"},
           ArgumentRow{"paths", T::texts, "script files, in order", "FILE", "FILE"},
           ArgumentRow{"stop_on_error", T::boolean, "end with the first block that fails", "--stop-on-error"}),
       kBatchSchema, runs, run_batch},
      {"run_pipeline", "pipeline run", "run stages of code, each with what the one before it gave",
       "Runs stages in order. A stage finds the output of the one before it in previous_output.txt, its result in "
       "previous_result.json, its files below previous/, and all of it in the variable context. Checkpoints are kept "
       "after each stage; pipeline_resume goes on after an interruption or an approval.",
       before_common(ArgumentRow{"stages",
                                 T::objects,
                                 "[{\"name\", \"language\", \"code\" or \"path\", and whatever execute_code takes}]",
                                 "--stages",
                                 "JSON",
                                 {},
                                 true},
                     ArgumentRow{"name", T::text, "name of the pipeline", "--name", "NAME"}),
       kPipelineSchema, runs, run_pipeline},
      {"pipeline_resume",
       "pipeline resume",
       "go on with a pipeline at the stage where it stopped",
       "Goes on with a pipeline that was interrupted, failed or waits, at its first stage that is not completed.",
       {id,
        {"enable", T::boolean, "run code although the configuration does not enable it", "--enable"},
        {"allow_prod", T::boolean, "run code although this is a production environment", "--allow-prod"}},
       kPipelineSchema,
       runs,
       resume},
      {"pipeline_show",
       "pipeline show",
       "show a pipeline and its stages",
       "A pipeline with the records of its stages.",
       {id},
       kPipelineSchema,
       reads,
       show},
      {"pipeline_list",
       "pipeline list",
       "list pipelines",
       "Pipelines, the newest first.",
       {},
       kListSchema,
       reads,
       list},
      {"extract_results",
       "extract-results",
       "take pairs of code and output out of an answer of several steps",
       "Pairs of input, output and files from a record, batch, pipeline, notebook, or a provider's interpreter steps.",
       {{"answer", T::object, "the answer, as JSON", "--answer", "JSON"},
        {"execution_id", T::text, "a stored execution instead", "ID", "ID"}},
       kExtractSchema,
       reads,
       extract},
  };
}

}  // namespace rh::agent
