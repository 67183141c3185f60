#include "runner/agent/pipeline_runs/pipeline_json.h"

#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

// The record as other answers hold it: the whole output is in the history, and in the checkpoint.
json shortened(const std::string& record_json, std::uint64_t most) {
  if (record_json.empty()) return nullptr;
  json record = json::parse(record_json, nullptr, false);
  if (!record.is_object()) return nullptr;
  for (const char* name : {"stdout", "stderr", "output"}) {
    const auto text = record.find(name);
    if (text == record.end() || !text->is_string() || text->get_ref<const std::string&>().size() <= most) continue;
    *text = to_valid_utf8(text->get_ref<const std::string&>().substr(0, most));
    if (std::string_view(name) != "output") record[std::string(name) + "_truncated"] = true;
  }
  return record;
}

}  // namespace

Result<PipelineState> pipeline_of_arguments(const json& arguments) {
  PipelineState state;
  state.name = arguments.value("name", "pipeline");
  const json& stages = arguments.at("stages");
  if (stages.empty() || stages.size() > kMaxPipelineStages)
    return fail(rh::ErrorKind::usage, fmt::format("read the pipeline: it has 1 to {} stages", kMaxPipelineStages));
  std::set<std::string> names;
  for (const json& one : stages) {
    json all = arguments;  // what holds for every stage, and what the stage says itself
    all.erase("stages");
    all.erase("name");
    all.update(one);
    PipelineStage stage;
    const json name = all.value("name", json());
    stage.name = name.is_string() ? name.get<std::string>() : fmt::format("stage{}", state.stages.size() + 1);
    all.erase("name");
    if (all.contains("code") && !one.contains("code") && one.contains("path")) all.erase("code");
    if (!names.insert(stage.name).second)
      return fail(rh::ErrorKind::usage, fmt::format("read the pipeline: two stages are called '{}'", stage.name));
    stage.arguments_json = all.dump();
    state.stages.push_back(std::move(stage));
  }
  return state;
}

ToolAnswer pipeline_answer(const Service& service, const PipelineState& state, ErrorKind error,
                           const std::string& message) {
  json stages = json::array();
  std::string text = fmt::format("pipeline {} ({}): {}\n", state.name, state.id.substr(0, 12), name_of(state.status));
  for (const PipelineStage& stage : state.stages) {
    stages.push_back({{"name", stage.name},
                      {"status", name_of(stage.status)},
                      {"success", stage.status == StageStatus::completed},
                      {"execution_id", text_or_null(stage.execution_id)},
                      {"approval_id", text_or_null(stage.approval_id)},
                      {"record", shortened(stage.record_json, service.config().max_output_bytes)}});
    text += fmt::format("  {:<10} {}{}\n", name_of(stage.status), stage.name,
                        stage.execution_id.empty() ? "" : " (" + stage.execution_id + ")");
  }
  if (!message.empty()) text += message + "\n";
  if (state.status == PipelineStatus::completed && stages.back()["record"].is_object())
    text += stages.back()["record"].value("stdout", "");
  else if (state.status != PipelineStatus::completed)
    text += fmt::format("`runharness pipeline resume {}` goes on from there\n", state.id.substr(0, 12));
  json structured = {{"success", state.status == PipelineStatus::completed},
                     {"pipeline_id", state.id},
                     {"name", state.name},
                     {"status", name_of(state.status)},
                     {"started", state.started},
                     {"error", nullptr},
                     {"stages", stages}};
  const ErrorKindRow& row = row_of(error);
  if (error != ErrorKind::none)
    structured["error"] = {{"kind", row.name},
                           {"category", name_of(row.category)},
                           {"message", to_valid_utf8(message)},
                           {"retry", {{"same_request", row.retry_same}, {"changed_request", row.retry_changed}}}};
  ToolAnswer answer = answer_of(structured, text);
  answer.error = error;
  return answer;
}

std::string pipeline_line(const PipelineState& state) {
  std::size_t done = state.next();
  return fmt::format("{}  {:<9}  {}  {} of {} stages  {}\n", state.id.substr(0, 12), name_of(state.status),
                     state.started, done, state.stages.size(), state.name);
}

}  // namespace rh::agent
