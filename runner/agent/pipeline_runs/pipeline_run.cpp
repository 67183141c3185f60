#include "runner/agent/pipeline_runs/pipeline_run.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"
#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/tools.h"
#include "runner/agent/pipeline_runs/pipeline_json.h"
#include "runner/agent/pipeline_runs/pipeline_store.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Files and context of a stage: what the one before it printed, its result, and what it left behind.
void hand_on(const PipelineStage& before, const json& earlier, ExecutionRequest& request) {
  const json record = json::parse(before.record_json, nullptr, false);
  request.files.emplace("previous_output.txt", record.value("stdout", ""));
  if (const json& results = record.value("results", json()); !results.is_null())
    request.files.emplace("previous_result.json", results.dump());
  std::uint64_t total = 0;
  json names = json::array();
  for (const json& artifact : record.value("artifacts", json::array())) {
    const auto bytes = read_file(artifact.value("path", ""), kMaxHandedOnBytes - total);
    if (!bytes) continue;
    total += bytes->size();
    const std::string name = "previous/" + artifact.value("name", "file");
    names.push_back(name);
    request.files.emplace(name, *bytes);
  }
  json context = request.context_json.empty() ? json::object() : json::parse(request.context_json, nullptr, false);
  if (!context.is_object()) context = json::object();
  context["previous"] = {{"name", before.name},
                         {"output", record.value("stdout", "")},
                         {"result", record.value("results", json())},
                         {"files", names}};
  context["stages"] = earlier;
  request.context_json = context.dump(-1, ' ', false, json::error_handler_t::replace);
}

json results_so_far(const PipelineState& state, std::size_t end) {
  json earlier = json::object();
  for (std::size_t i = 0; i < end; ++i) {
    const json record = json::parse(state.stages[i].record_json, nullptr, false);
    earlier[state.stages[i].name] = {{"output", record.value("stdout", "")},
                                     {"result", record.value("results", json())}};
  }
  return earlier;
}

class PipelineRunner {
 public:
  PipelineRunner(Service& service, const CallContext& context, PipelineState& state, const json& allowed)
      : service_(service), context_(context), state_(state), allowed_(allowed) {}

  ToolAnswer run() {
    state_.status = PipelineStatus::running;
    for (std::size_t at = state_.next(); at < state_.stages.size(); ++at) {
      if (context_.on_progress)
        context_.on_progress(
            {"stage " + state_.stages[at].name, static_cast<double>(at), static_cast<double>(state_.stages.size())});
      if (auto stopped = run_stage(at)) return *std::move(stopped);
    }
    state_.status = PipelineStatus::completed;
    if (const auto kept = write_pipeline(service_, state_); !kept) return answer_of_error(kept.error());
    return pipeline_answer(service_, state_, ErrorKind::none, {});
  }

 private:
  std::optional<ToolAnswer> run_stage(std::size_t at) {
    PipelineStage& stage = state_.stages[at];
    const json arguments = json::parse(stage.arguments_json, nullptr, false);
    CalledRequest called = request_of_call(service_, context_, arguments);
    if (!called.request) return fail_stage(stage, called.problem);
    ExecutionRequest request = *std::move(called.request);
    allow(request, allowed_);
    if (!request.max_output_bytes) request.max_output_bytes = kMaxStageOutputBytes;
    if (at > 0) hand_on(state_.stages[at - 1], results_so_far(state_, at), request);
    CallContext context = context_;
    if (!stage.approval_id.empty()) {
      context.approval_id = stage.approval_id;
      context.ask = nullptr;
    }
    stage.status = StageStatus::running;
    // Written before the stage begins: who finds "running" in a pipeline that nobody holds knows that it was
    // interrupted.
    if (const auto kept = write_pipeline(service_, state_); !kept) return answer_of_error(kept.error());
    const ExecutionRecord record = execute(service_, context, std::move(request));
    return take(stage, record);
  }

  std::optional<ToolAnswer> take(PipelineStage& stage, const ExecutionRecord& record) {
    stage.execution_id = record.id;
    stage.record_json = to_json(record).dump(-1, ' ', false, json::error_handler_t::replace);
    const bool waits = record.status == ExecutionStatus::waiting;
    stage.approval_id = waits ? record.approval_id : std::string();
    stage.status = record.success() ? StageStatus::completed : waits ? StageStatus::waiting : StageStatus::failed;
    if (!record.success()) state_.status = waits ? PipelineStatus::waiting : PipelineStatus::failed;
    if (const auto kept = write_pipeline(service_, state_); !kept) return answer_of_error(kept.error());
    if (record.success()) return std::nullopt;
    ToolAnswer answer = pipeline_answer(service_, state_, record.error.kind,
                                        fmt::format("stage {}: {}", stage.name, record.error.message));
    answer.exit_code = exit_code_of(record);
    if (waits) answer.question = Question{record.approval_id, record.question};
    return answer;
  }

  ToolAnswer fail_stage(PipelineStage& stage, const ToolAnswer& problem) {
    stage.status = StageStatus::failed;
    state_.status = PipelineStatus::failed;
    if (const auto kept = write_pipeline(service_, state_); !kept) return answer_of_error(kept.error());
    ToolAnswer answer =
        pipeline_answer(service_, state_, problem.error, fmt::format("stage {}: {}", stage.name, problem.text));
    answer.exit_code = problem.exit_code;
    return answer;
  }

  Service& service_;
  const CallContext& context_;
  PipelineState& state_;
  const json& allowed_;
};

}  // namespace

ToolAnswer run_pipeline(Service& service, const CallContext& context, const json& arguments) {
  auto state = pipeline_of_arguments(arguments);
  if (!state) return answer_of_error(state.error());
  // Every stage is a request that could be run, before the first one is.
  for (const PipelineStage& stage : state->stages) {
    const auto good = check_arguments(*tool_named("execute_code"), json::parse(stage.arguments_json));
    if (!good)
      return error_answer(ErrorKind::invalid_request, fmt::format("stage {}: {}", stage.name, good.error().what));
    if (const auto called = request_of_call(service, context, json::parse(stage.arguments_json)); !called.request) {
      ToolAnswer problem = called.problem;
      problem.text = fmt::format("stage {}: {}", stage.name, problem.text);
      return error_answer(problem.error, problem.text);
    }
  }
  const auto id = random_hex(16);
  if (!id) return answer_of_error(id.error());
  state->id = *id;
  state->started = to_rfc3339(wall_now());
  const auto folder = pipelines_folder(service);
  if (!folder) return answer_of_error(folder.error());
  const auto lock = PipelineLock::take(*folder, state->id);
  if (!lock) return answer_of_error(lock.error());
  return PipelineRunner(service, context, *state, arguments).run();
}

void allow(ExecutionRequest& request, const json& allowed) {
  request.enable = request.enable || allowed.value("enable", false);
  request.allow_production = request.allow_production || allowed.value("allow_prod", false);
}

ToolAnswer resume_pipeline(Service& service, const CallContext& context, const std::string& key, const json& allowed) {
  auto state = read_pipeline(service, key);
  if (!state) return answer_of_error(state.error());
  const auto folder = pipelines_folder(service);
  if (!folder) return answer_of_error(folder.error());
  const auto lock = PipelineLock::take(*folder, state->id);
  if (!lock) return answer_of_error(lock.error());
  // What another process did between reading and locking.
  state = read_pipeline(service, state->id);
  if (!state) return answer_of_error(state.error());
  if (state->status == PipelineStatus::completed) return pipeline_answer(service, *state, ErrorKind::none, {});
  return PipelineRunner(service, context, *state, allowed).run();
}

Result<std::string> pipeline_waiting_for(Service& service, const std::string& approval_id) {
  RH_TRY(const std::vector<PipelineState> all, read_pipelines(service));
  for (const PipelineState& state : all)
    for (const PipelineStage& stage : state.stages)
      if (stage.status == StageStatus::waiting && stage.approval_id == approval_id) return state.id;
  return std::string();
}

}  // namespace rh::agent
