#include "runner/engine/ci_event.h"

#include <nlohmann/json.hpp>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

constexpr std::uint64_t kMaxEventBytes = 16U << 20;
constexpr std::string_view kTeamcityTarget = "teamcity.pullRequest.target.branch";
constexpr std::string_view kTeamcityConfiguration = "teamcity.configuration.properties.file";

std::string text_at(const nlohmann::json& event, std::initializer_list<const char*> keys) {
  const nlohmann::json* at = &event;
  for (const char* key : keys) {
    if (!at->is_object() || !at->contains(key)) return {};
    at = &(*at)[key];
  }
  return at->is_string() ? at->get<std::string>() : std::string();
}

// One value of a Java properties file: "key=value", where a backslash takes the meaning from ':', '=' and '\'.
std::string property(std::string_view text, std::string_view key) {
  for (const std::string_view line : split_lines(text)) {
    if (!line.starts_with(key)) continue;
    const std::string_view rest = trim(line.substr(key.size()));
    if (!rest.starts_with('=')) continue;
    std::string value;
    const std::string_view escaped = trim(rest.substr(1));
    for (std::size_t i = 0; i < escaped.size(); ++i) {
      if (escaped[i] == '\\' && i + 1 < escaped.size()) ++i;
      value += escaped[i];
    }
    return value;
  }
  return {};
}

std::string read_properties(const std::filesystem::path& file) {
  return file.empty() ? std::string() : read_file(file, kMaxEventBytes).value_or(std::string());
}

}  // namespace

GithubEvent read_github_event(const std::filesystem::path& file) {
  GithubEvent event;
  const auto text = file.empty() ? Result<std::string>(std::string()) : read_file(file, kMaxEventBytes);
  if (!text) return event;
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return event;
  event.pull_request_base = text_at(json, {"pull_request", "base", "sha"});
  event.merge_group_base = text_at(json, {"merge_group", "base_sha"});
  event.before = text_at(json, {"before"});
  event.default_branch = text_at(json, {"repository", "default_branch"});
  return event;
}

std::string teamcity_target_branch(const std::filesystem::path& build_properties) {
  const std::string build = read_properties(build_properties);
  const std::string direct = property(build, kTeamcityTarget);
  return direct.empty() ? property(read_properties(property(build, kTeamcityConfiguration)), kTeamcityTarget) : direct;
}

}  // namespace rh::engine
