// Figures of a stored execution.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/record.h"
#include "runner/agent/help/past_runs.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/service.h"

namespace rh::agent {
namespace {

using nlohmann::json;

Result<json> stored_json(ExecutionStore& store, const std::string& id) {
  RH_TRY(const std::string text, store.get(id));
  json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(rh::ErrorKind::parse, "read the execution: this is no JSON", id);
  return document;
}

}  // namespace

ToolAnswer last_metrics(Service& service, const CallContext&, const json& arguments) {
  const auto document = stored_json(service.executions(), arguments.value("execution_id", std::string("latest")));
  if (!document) return error_answer(ErrorKind::not_found, document.error().message());
  const json metrics = document->value("metrics", json::object());
  json record = {{"success", true},
                 {"execution_id", document->value("execution_id", json())},
                 {"timestamp", document->value("timestamp", json())},
                 {"language", document->value("language", json())},
                 {"execution_success", document->value("success", json())},
                 {"execution_time", metrics.value("execution_time", json())},
                 {"memory_mb", metrics.value("memory_mb", json())},
                 {"cpu_percent", metrics.value("cpu_percent", json())},
                 {"cpu_time", metrics.value("cpu_time", json())},
                 {"reasons", metrics.value("reasons", json::object())}};
  const auto figure = [&](const char* name, const char* unit) {
    return record[name].is_number() ? fmt::format("{:.3g} {}", record[name].get<double>(), unit)
                                    : std::string("not measured");
  };
  return answer_of(record,
                   fmt::format("{} in {}, {} of memory, {} of a CPU", record["execution_id"].get<std::string>(),
                               figure("execution_time", "s"), figure("memory_mb", "MB"), figure("cpu_percent", "%")));
}

}  // namespace rh::agent
