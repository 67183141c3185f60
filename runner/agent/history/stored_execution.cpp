#include "runner/agent/history/stored_execution.h"

#include <nlohmann/json.hpp>

#include "runner/agent/history/execution_id.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kLineBytes = 160;

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string shown(std::string_view line) { return to_valid_utf8(trim(line).substr(0, kLineBytes)); }

std::string first_line(std::string_view text) {
  for (const std::string_view line : split_lines(text))
    if (!trim(line).empty() && !line.starts_with("#!")) return shown(line);
  return {};
}

std::string last_line(std::string_view text) {
  const auto lines = split_lines(text);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (!trim(*line).empty()) return shown(*line);
  return {};
}

void describe_error(const json& record, StoredExecution& into) {
  const auto error = record.find("error");
  if (error != record.end() && error->is_object()) {
    into.error_kind = text_at(*error, "kind");
    into.error_line = last_line(text_at(*error, "message"));
  } else {
    into.error_kind = text_at(record, "error_kind");
    into.error_line = last_line(text_at(record, "error"));
  }
  if (into.error_kind == "none") into.error_kind.clear();
  // The language's own last word says more than "exit code 1".
  if (into.error_kind == "code_error" || into.error_line.empty())
    if (std::string line = last_line(text_at(record, "stderr")); !line.empty()) into.error_line = std::move(line);
}

}  // namespace

std::optional<StoredExecution> describe_execution(std::string_view json_text) {
  const json record = json::parse(json_text, nullptr, false);
  if (!record.is_object()) return std::nullopt;
  StoredExecution found;
  found.id = text_at(record, "execution_id");
  if (!is_execution_id(found.id)) return std::nullopt;
  found.short_id = text_at(record, "short_id");
  found.timestamp = text_at(record, "timestamp");
  found.language = text_at(record, "language");
  found.status = text_at(record, "status");
  found.success = record.value("success", json(false)) == json(true);
  if (const auto time = record.find("execution_time"); time != record.end() && time->is_number())
    found.seconds = time->get<double>();
  found.instruction = first_line(text_at(record, "instruction"));
  found.code_line = first_line(text_at(record, "code"));
  if (!found.success) describe_error(record, found);
  const json* request = &record;
  if (const auto inner = record.find("request"); inner != record.end() && inner->is_object()) request = &*inner;
  if (const auto packages = request->find("packages"); packages != request->end() && packages->is_array())
    for (const json& one : *packages)
      if (one.is_string()) found.packages += one.get<std::string>() + "\n";
  return found;
}

}  // namespace rh::agent
