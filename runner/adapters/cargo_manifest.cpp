#include "runner/adapters/cargo_manifest.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

Result<toml::table> parse_toml(std::string_view text, const std::string& subject) {
  try {
    return toml::parse(text, subject);
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::parse, fmt::format("read TOML: {}", error.description()),
                fmt::format("{}:{}:{}", subject, error.source().begin.line, error.source().begin.column));
  }
}

std::vector<std::string> text_list(const toml::node_view<const toml::node>& node) {
  std::vector<std::string> list;
  const toml::array* array = node.as_array();
  if (array == nullptr) return list;
  for (const toml::node& element : *array)
    if (const auto text = element.value<std::string>()) list.push_back(*text);
  return list;
}

void read_package_keys(const toml::table& table, std::map<std::string, std::string>& texts,
                       std::set<std::string>& inherited) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const auto text = node.value<std::string>())
      texts[name] = *text;
    else if (name == "authors" && node.is_array())
      texts[name] = join(text_list(toml::node_view<const toml::node>(node)), ":");
    else if (const toml::table* inner = node.as_table(); inner != nullptr && (*inner)["workspace"].value_or(false))
      inherited.insert(name);
  }
}

void read_dependencies(const toml::table& table, CargoManifest& manifest) {
  for (const char* kind :
       {"dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies"}) {
    const toml::table* list = table[kind].as_table();
    if (list == nullptr) continue;
    for (const auto& [name, node] : *list) {
      const toml::table* spec = node.as_table();
      if (spec != nullptr && (*spec)["path"].is_string())
        manifest.path_dependencies.push_back((*spec)["path"].value_or(std::string()));
      else if (spec == nullptr || !(*spec)["workspace"].value_or(false))
        manifest.external_dependencies = true;
    }
  }
}

void read_harness(const toml::table& root, CargoManifest& manifest) {
  for (const char* kind : {"test", "bench", "bin", "example"}) {
    const toml::array* targets = root[kind].as_array();
    if (targets == nullptr) continue;
    for (const toml::node& node : *targets) {
      const toml::table* target = node.as_table();
      if (target != nullptr && !(*target)["harness"].value_or(true))
        manifest.without_harness.insert(fmt::format("{}/{}", kind, (*target)["name"].value_or(std::string())));
    }
  }
  if (!root["lib"]["harness"].value_or(true)) manifest.without_harness.insert("lib");
}

// The text between the first quotes of `key = "..."`.
std::string quoted_value(std::string_view line) {
  const std::size_t begin = line.find('"');
  const std::size_t end = line.rfind('"');
  return begin == std::string_view::npos || end <= begin ? std::string()
                                                         : std::string(line.substr(begin + 1, end - begin - 1));
}

}  // namespace

std::string CargoManifest::name() const {
  const auto found = package.find("name");
  return found == package.end() ? std::string() : found->second;
}

std::string CargoManifest::value(const std::string& key, const CargoManifest& workspace) const {
  const auto& table = inherited.contains(key) ? workspace.workspace_package : package;
  const auto found = table.find(key);
  return found == table.end() ? std::string() : found->second;
}

Result<CargoManifest> parse_cargo_manifest(std::string_view text, const std::string& subject) {
  RH_TRY(const toml::table root, parse_toml(text, subject));
  CargoManifest manifest;
  if (const toml::table* package = root["package"].as_table()) {
    manifest.has_package = true;
    read_package_keys(*package, manifest.package, manifest.inherited);
  }
  if (const toml::table* workspace = root["workspace"].as_table()) {
    manifest.has_workspace = true;
    manifest.members = text_list((*workspace)["members"]);
    manifest.exclude = text_list((*workspace)["exclude"]);
    std::set<std::string> ignored;
    if (const toml::table* package = (*workspace)["package"].as_table())
      read_package_keys(*package, manifest.workspace_package, ignored);
    read_dependencies(*workspace, manifest);
  }
  read_dependencies(root, manifest);
  if (const toml::table* targets = root["target"].as_table())
    for (const auto& [name, node] : *targets)
      if (const toml::table* target = node.as_table()) read_dependencies(*target, manifest);
  read_harness(root, manifest);
  if (!manifest.has_package && !manifest.has_workspace)
    return fail(ErrorKind::parse, "read TOML: neither [package] nor [workspace]", subject + ":1:1");
  return manifest;
}

// Read line by line: cargo writes the file, always in this form, and it may be megabytes long.
std::vector<LockedPackage> parse_cargo_lock(std::string_view text) {
  std::vector<LockedPackage> packages;
  bool inside = false;
  for (const std::string_view line : split_lines(text)) {
    if (line.starts_with('[')) {
      inside = line == "[[package]]";
      if (inside) packages.emplace_back();
    } else if (inside && line.starts_with("name = ")) {
      packages.back().name = quoted_value(line);
    } else if (inside && line.starts_with("version = ")) {
      packages.back().version = quoted_value(line);
    } else if (inside && line.starts_with("source = ")) {
      packages.back().source = quoted_value(line);
    }
  }
  return packages;
}

std::string parse_toolchain_channel(std::string_view text) {
  std::string channel;
  if (text.find('=') == std::string_view::npos && text.find('[') == std::string_view::npos) {
    const std::vector<std::string_view> lines = split_lines(trim(text));
    if (lines.size() == 1) channel = trim(lines[0]);
  } else if (const auto root = parse_toml(text, "rust-toolchain")) {
    channel = (*root)["toolchain"]["channel"].value_or(std::string());
  }
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return channel.find_first_not_of(kAllowed) == std::string::npos && !channel.starts_with('.') ? channel
                                                                                               : std::string();
}

}  // namespace rh::adapters
