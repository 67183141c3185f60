// The files in which CI systems put what their variables do not say. What cannot be read says nothing: these are hints.
#pragma once

#include <filesystem>
#include <string>

namespace rh::engine {

// Of GITHUB_EVENT_PATH. Empty: not in the event.
struct GithubEvent {
  std::string pull_request_base;  // pull_request.base.sha
  std::string merge_group_base;   // merge_group.base_sha
  std::string before;             // of a push: what the branch was
  std::string default_branch;     // repository.default_branch
};
[[nodiscard]] GithubEvent read_github_event(const std::filesystem::path& file);

// teamcity.pullRequest.target.branch of the properties file that TEAMCITY_BUILD_PROPERTIES_FILE leads to.
[[nodiscard]] std::string teamcity_target_branch(const std::filesystem::path& build_properties);

}  // namespace rh::engine
