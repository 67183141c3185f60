#include "runner/adapters/npm_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

using Json = nlohmann::json;

std::string position_of(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t last = before.rfind('\n');
  const std::size_t column = before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return fmt::format("{}:{}", line, column);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read_texts(const Json& object, const char* key, std::map<std::string, std::string>& into) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_object()) return;
  for (const auto& [name, value] : found->items())
    if (value.is_string()) into[name] = value.get<std::string>();
}

std::vector<std::string> strings_of(const Json& array) {
  std::vector<std::string> texts;
  for (const Json& value : array)
    if (value.is_string()) texts.push_back(value.get<std::string>());
  return texts;
}

NpmManifest read_manifest(const Json& root) {
  NpmManifest manifest;
  manifest.name = text_of(root, "name");
  manifest.version = text_of(root, "version");
  manifest.package_manager = text_of(root, "packageManager");
  read_texts(root, "scripts", manifest.scripts);
  for (const char* kind : {"peerDependencies", "optionalDependencies", "dependencies", "devDependencies"})
    read_texts(root, kind, manifest.dependencies);
  read_texts(root, "bin", manifest.bin);
  if (const std::string single = text_of(root, "bin"); !single.empty())
    manifest.bin[manifest.name.substr(manifest.name.rfind('/') + 1)] = single;
  if (const auto found = root.find("workspaces"); found != root.end()) {
    if (found->is_array()) manifest.workspaces = strings_of(*found);
    if (found->is_object() && found->contains("packages") && (*found)["packages"].is_array())
      manifest.workspaces = strings_of((*found)["packages"]);
  }
  manifest.has_jest_config = root.contains("jest");
  manifest.has_mocha_config = root.contains("mocha");
  manifest.has_coverage_config = root.contains("c8") || root.contains("nyc");
  return manifest;
}

std::string unquote(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

}  // namespace

Result<NpmManifest> parse_npm_manifest(std::string_view text, const std::string& subject) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  try {
    const Json root = Json::parse(text);
    if (!root.is_object()) return fail(ErrorKind::parse, "read package.json: it is not an object", subject + ":1:1");
    return read_manifest(root);
  } catch (const Json::parse_error& error) {
    std::string_view why = error.what();
    if (const std::size_t at = why.find("column"); at != std::string_view::npos)
      if (const std::size_t colon = why.find(": ", at); colon != std::string_view::npos) why = why.substr(colon + 2);
    return fail(ErrorKind::parse, fmt::format("read package.json: {}", to_valid_utf8(why)),
                fmt::format("{}:{}", subject, position_of(text, error.byte)));
  } catch (const Json::exception& error) {
    return fail(ErrorKind::parse, fmt::format("read package.json: {}", error.what()), subject);
  }
}

std::vector<std::string> parse_pnpm_workspace(std::string_view yaml) {
  std::vector<std::string> patterns;
  bool inside = false;
  for (std::string_view line : split_lines(yaml)) {
    if (const std::size_t comment = line.find(" #"); comment != std::string_view::npos) line = line.substr(0, comment);
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (inside && content.front() == '-') {
      patterns.push_back(unquote(content.substr(1)));
      continue;
    }
    inside = content.starts_with("packages:");
    if (!inside) continue;
    const std::string_view flow = trim(content.substr(9));
    if (flow.size() >= 2 && flow.front() == '[' && flow.back() == ']')
      for (const std::string_view item : split(flow.substr(1, flow.size() - 2), ','))
        if (!trim(item).empty()) patterns.push_back(unquote(item));
  }
  return patterns;
}

}  // namespace rh::adapters
