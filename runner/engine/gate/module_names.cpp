#include "runner/engine/gate/module_names.h"

#include <algorithm>

#include <toml++/toml.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

std::string go_module(std::string_view text) {
  for (const std::string_view line : split_lines(text)) {
    if (!line.starts_with("module ")) continue;
    std::string_view name = trim(line.substr(7));
    name = trim(name.substr(0, name.find("//")));
    if (name.size() > 1 && name.front() == '"') name = name.substr(1, name.size() - 2);
    return std::string(name);
  }
  return {};
}

std::string cargo_package(std::string_view text) {
  try {
    const toml::table parsed = toml::parse(text);
    return std::string(parsed["package"]["name"].value_or(std::string_view()));
  } catch (const toml::parse_error&) {
    return {};
  }
}

std::string npm_package(std::string_view text) {
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("name") || !parsed["name"].is_string()) return {};
  return parsed["name"].get<std::string>();
}

}  // namespace

std::vector<std::string> module_names(std::string_view manifest, std::string_view text) {
  std::string name = manifest == "go.mod"       ? go_module(text)
                     : manifest == "Cargo.toml" ? cargo_package(text)
                                                : npm_package(text);
  if (name.empty()) return {};
  std::vector<std::string> names{std::move(name)};
  if (manifest == "Cargo.toml" && names[0].find('-') != std::string::npos) {
    names.push_back(names[0]);
    std::replace(names[1].begin(), names[1].end(), '-', '_');
  }
  return names;
}

}  // namespace rh::engine
