#include "runner/agent/notebook/cell_json.h"

#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent {

using nlohmann::json;

json markdown_cell(std::string id, std::string text) {
  return {{"cell_type", "markdown"}, {"id", std::move(id)}, {"metadata", json::object()}, {"source", std::move(text)}};
}

json code_cell(std::string id, std::string_view code, json count, json outputs) {
  return {{"cell_type", "code"},           {"id", std::move(id)},
          {"metadata", json::object()},    {"execution_count", std::move(count)},
          {"source", to_valid_utf8(code)}, {"outputs", std::move(outputs)}};
}

json cell_error(const std::string& name, const std::string& value, const std::vector<std::string>& more) {
  json traceback = json::array();
  for (const std::string& line : more) traceback.push_back(to_valid_utf8(line));
  traceback.push_back("\x1b[0;31m" + to_valid_utf8(name) + "\x1b[0m: " + to_valid_utf8(value));
  return {{"output_type", "error"},
          {"ename", to_valid_utf8(name)},
          {"evalue", to_valid_utf8(value)},
          {"traceback", std::move(traceback)}};
}

}  // namespace rh::agent
