#include "runner/adapters/cargo_messages.h"

#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const json& member_of(const json& object, const char* key) {
  static const json kNothing = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kNothing;
}

// Libraries have their crate types here ("rlib", "cdylib"), all others exactly one word.
std::string kind_of(const json& target) {
  const auto kinds = target.find("kind");
  if (kinds == target.end() || !kinds->is_array() || kinds->empty() || !kinds->front().is_string()) return {};
  const std::string kind = kinds->front().get<std::string>();
  return is_one_of(kind, {"rlib", "dylib", "cdylib", "staticlib"}) ? "lib" : kind;
}

CargoArtifact artifact_of(const json& message) {
  const json& target = member_of(message, "target");
  CargoArtifact artifact;
  artifact.package_id = text_of(message, "package_id");
  artifact.manifest = text_of(message, "manifest_path");
  artifact.kind = kind_of(target);
  artifact.name = text_of(target, "name");
  artifact.source = text_of(target, "src_path");
  artifact.executable = text_of(message, "executable");
  artifact.is_test = flag_of(member_of(message, "profile"), "test");
  artifact.doctest = flag_of(target, "doctest");
  return artifact;
}

void read_build_script(const json& message, CargoBuild& build) {
  model::Environment& env = build.script_env[text_of(message, "package_id")];
  env["OUT_DIR"] = text_of(message, "out_dir");
  if (const auto pairs = message.find("env"); pairs != message.end() && pairs->is_array())
    for (const json& pair : *pairs)
      if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string())
        env[pair[0].get<std::string>()] = pair[1].get<std::string>();
  const auto paths = message.find("linked_paths");
  if (paths == message.end() || !paths->is_array()) return;
  for (const json& path : *paths) {
    if (!path.is_string()) continue;
    std::string folder = path.get<std::string>();
    if (const std::size_t kind = folder.find('='); kind != std::string::npos) folder.erase(0, kind + 1);
    build.library_folders.push_back(std::move(folder));
  }
}

}  // namespace

CargoBuild parse_cargo_messages(std::string_view text) {
  CargoBuild build;
  for (const std::string_view line : split_lines(text)) {
    if (!line.starts_with('{')) continue;
    const json message = json::parse(line, nullptr, false);
    if (!message.is_object()) continue;
    const std::string reason = text_of(message, "reason");
    if (reason == "compiler-artifact")
      build.artifacts.push_back(artifact_of(message));
    else if (reason == "build-script-executed")
      read_build_script(message, build);
    else if (reason == "build-finished")
      build.finished = true, build.success = flag_of(message, "success");
  }
  return build;
}

}  // namespace rh::adapters
