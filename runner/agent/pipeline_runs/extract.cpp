#include "runner/agent/pipeline_runs/extract.h"

#include <string>

#include <nlohmann/json.hpp>

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;

std::string text_of(const json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto at = object.find(name);
    if (at == object.end()) continue;
    if (at->is_string()) return at->get<std::string>();
    if (at->is_array()) {  // lines of a notebook's cell
      std::string all;
      for (const json& line : *at)
        if (line.is_string()) all += line.get<std::string>();
      if (!all.empty()) return all;
    }
  }
  return {};
}

json names_of(const json& files) {
  json names = json::array();
  if (!files.is_array()) return names;
  for (const json& file : files) {
    if (file.is_string())
      names.push_back(file);
    else if (file.is_object())
      for (const char* name : {"name", "filename", "file_id", "path"})
        if (file.contains(name) && file[name].is_string()) {
          names.push_back(file[name]);
          break;
        }
  }
  return names;
}

json error_of(const json& object) {
  const auto at = object.find("error");
  if (at == object.end() || at->is_null()) return nullptr;
  if (at->is_string()) return at->get_ref<const std::string&>().empty() ? json() : *at;
  return at->is_object() && at->contains("message") ? (*at)["message"] : *at;
}

// Outputs of a notebook's cell and of a provider's code interpreter.
void put_outputs(const json& outputs, json& into) {
  std::string text = into["output"].get<std::string>();
  for (const json& one : outputs) {
    if (!one.is_object()) continue;
    text += text_of(one, {"text", "logs", "output"});
    if (const auto data = one.find("data"); data != one.end() && data->is_object())
      text += text_of(*data, {"text/plain"});
    if (one.contains("ename") && one["ename"].is_string()) {
      into["error"] = one["ename"].get<std::string>() + ": " + text_of(one, {"evalue"});
      into["success"] = false;
    }
    if (one.contains("image") && one["image"].is_object())
      for (const json& name : names_of(json::array({one["image"]}))) into["files"].push_back(name);
  }
  into["output"] = text;
}

bool is_step(const json& object) {
  const auto has_text = [&](const char* name) {
    return object.contains(name) && (object[name].is_string() || object[name].is_array());
  };
  if (object.value("cell_type", json("code")) != "code") return false;
  if (object.contains("cell_type")) return has_text("source");
  return (has_text("code") || has_text("input")) &&
         (object.contains("output") || object.contains("stdout") || object.contains("outputs") ||
          object.contains("results") || object.contains("result"));
}

json step_of(const json& object) {
  const json error = error_of(object);
  json step = {{"input", text_of(object, {"code", "input", "source"})},
               {"output", text_of(object, {"output", "stdout", "result"})},
               {"error", error},
               {"success", object.contains("success") ? object["success"] : json(error.is_null())},
               {"files", names_of(object.value("files", json::array()))}};
  for (const char* name : {"outputs", "results"})
    if (const auto at = object.find(name); at != object.end() && at->is_array()) put_outputs(*at, step);
  return step;
}

void walk(const json& value, int depth, json& found) {
  if (depth > kMaxDepth || found.size() >= kMaxExtracted) return;
  if (value.is_array()) {
    for (const json& one : value) walk(one, depth + 1, found);
    return;
  }
  if (!value.is_object()) return;
  // A record with steps of its own is told by those.
  const auto steps = value.find("steps");
  if (steps != value.end() && steps->is_array() && !steps->empty()) return walk(*steps, depth + 1, found);
  if (is_step(value)) {
    found.push_back(step_of(value));
    return;
  }
  for (const auto& [name, inner] : value.items())
    if (inner.is_structured()) walk(inner, depth + 1, found);
}

}  // namespace

json extract_results(const json& answer) {
  json found = json::array();
  walk(answer, 0, found);
  return found;
}

}  // namespace rh::agent
