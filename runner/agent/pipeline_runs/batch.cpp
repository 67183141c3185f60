#include "runner/agent/pipeline_runs/batch.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/digest.h"
#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/tools.h"
#include "runner/agent/session/holder.h"
#include "runner/agent/session/session_manager.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

struct Block {
  std::string name;
  ExecutionRequest request;
};

// What holds for all blocks, with the code or the file of one.
json arguments_of(const json& all, const char* name, const json& value) {
  json one = all;
  for (const char* own : {"blocks", "paths", "stop_on_error", "code", "path"}) one.erase(own);
  one[name] = value;
  return one;
}

// Every block is a request that could be run, before the first one is.
std::optional<ToolAnswer> read_blocks(const Service& service, const CallContext& context, const json& arguments,
                                      std::vector<Block>& blocks) {
  const auto add = [&](const char* kind, const json& value, std::string name) -> std::optional<ToolAnswer> {
    CalledRequest called = request_of_call(service, context, arguments_of(arguments, kind, value));
    if (!called.request) return error_answer(called.problem.error, name + ": " + called.problem.text);
    blocks.push_back({std::move(name), *std::move(called.request)});
    return std::nullopt;
  };
  std::size_t number = 0;
  for (const json& code : arguments.value("blocks", json::array()))
    if (auto problem = add("code", code, fmt::format("block {}", ++number))) return problem;
  for (const json& path : arguments.value("paths", json::array()))
    if (auto problem = add("path", path, path.get<std::string>())) return problem;
  if (blocks.empty() || blocks.size() > kMaxBatchBlocks)
    return error_answer(ErrorKind::invalid_request,
                        fmt::format("a batch has 1 to {} blocks of code or paths of scripts", kMaxBatchBlocks));
  return std::nullopt;
}

// Ends the sessions of a batch, however it ends.
class BatchSessions {
 public:
  BatchSessions(Service& service, const CallContext& context, std::string prefix)
      : service_(service), context_(context), prefix_(std::move(prefix)) {}
  BatchSessions(const BatchSessions&) = delete;
  ~BatchSessions() {
    for (const std::string& id : used_) [[maybe_unused]] const auto ended = service_.sessions().end(context_, id);
  }
  // The one of this language; empty: it has none.
  std::string of(Language language) {
    if (!keeps_state(language)) return {};
    std::string id = fmt::format("{}-{}", prefix_, name_of(language));
    if (std::find(used_.begin(), used_.end(), id) == used_.end()) used_.push_back(id);
    return id;
  }

 private:
  Service& service_;
  const CallContext& context_;
  std::string prefix_;
  std::vector<std::string> used_;
};

json result_of(const Block& block, const ExecutionRecord& record) {
  json one = to_json(record);
  one["name"] = block.name;
  return one;
}

}  // namespace

ToolAnswer run_batch(Service& service, const CallContext& context, const json& arguments) {
  std::vector<Block> blocks;
  if (auto problem = read_blocks(service, context, arguments, blocks)) return *std::move(problem);
  if (arguments.contains("session_id") && !holds_sessions(context))
    return ask_holder(service, context, "execute_batch", arguments, true);
  const auto suffix = random_hex(6);
  if (!suffix) return answer_of_error(suffix.error());
  const bool stop_on_error = arguments.value("stop_on_error", false);
  BatchSessions sessions(service, context, "batch-" + *suffix);
  json results = json::array();
  std::size_t succeeded = 0;
  std::string text;
  ToolAnswer answer;
  for (Block& block : blocks) {
    if (context.on_progress)
      context.on_progress({block.name, static_cast<double>(results.size()), static_cast<double>(blocks.size())});
    if (block.request.session.empty()) block.request.session = sessions.of(block.request.language);
    const ExecutionRecord record = execute(service, context, block.request);
    results.push_back(result_of(block, record));
    succeeded += record.success() ? 1 : 0;
    text += fmt::format("{}: {}", block.name, summary_of(record));
    if (!record.success() && answer.error == ErrorKind::none) {
      answer.error = record.error.kind;
      answer.exit_code = exit_code_of(record);
    }
    if (record.status == ExecutionStatus::waiting || record.status == ExecutionStatus::cancelled ||
        (!record.success() && stop_on_error))
      break;
  }
  const std::size_t not_run = blocks.size() - results.size();
  text += fmt::format("{} of {} succeeded{}\n", succeeded, blocks.size(),
                      not_run > 0 ? fmt::format(", {} not run", not_run) : "");
  const json structured = {
      {"success", succeeded == blocks.size()},
      {"total", blocks.size()},
      {"succeeded", succeeded},
      {"failed", results.size() - succeeded},
      {"not_run", not_run},
      {"error", answer.error == ErrorKind::none ? json()
                                                : json{{"kind", name_of(answer.error)},
                                                       {"category", name_of(row_of(answer.error).category)},
                                                       {"message", "a block did not succeed"}}},
      {"results", results}};
  const ErrorKind error = answer.error;
  const int exit_code = answer.exit_code;
  answer = answer_of(structured, text);
  answer.error = error;
  answer.exit_code = exit_code;
  return answer;
}

}  // namespace rh::agent
