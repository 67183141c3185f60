#include "runner/engine/history/lineage.h"

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

constexpr Milliseconds kGitPatience{10'000};

// GitHub, GitLab, Jenkins, Buildkite, CircleCI, Azure: a checkout of CI is often detached.
constexpr const char* kBranchVariables[] = {
    "GITHUB_HEAD_REF",    "GITHUB_REF_NAME", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_COMMIT_REF_NAME", "CHANGE_BRANCH",   "BRANCH_NAME",
    "BUILDKITE_BRANCH",   "CIRCLE_BRANCH",   "BUILD_SOURCEBRANCHNAME"};

Result<adapters::HelperOutput> git(const adapters::Host& host, const std::filesystem::path& folder,
                                   std::vector<std::string> argv) {
  argv.insert(argv.begin(), {"git", "-c", "core.fsmonitor=false", "-C", folder.string()});
  return host.run_helper({std::move(argv), "/", {{"GIT_OPTIONAL_LOCKS", "0"}}}, kGitPatience);
}

std::string branch_of(const adapters::Host& host, const std::filesystem::path& root) {
  for (const char* name : kBranchVariables) {
    const auto found = host.environment().find(name);
    if (found != host.environment().end() && !found->second.empty()) return found->second;
  }
  const auto answer = git(host, root, {"symbolic-ref", "--short", "-q", "HEAD"});
  return answer && answer->exit_code == 0 ? std::string(trim(answer->standard_output)) : std::string();
}

}  // namespace

Lineage ask_lineage(const adapters::Host& host, const std::filesystem::path& root, const std::string& commit) {
  Lineage lineage;
  const auto list = git(
      host, root, {"rev-list", fmt::format("--max-count={}", kMaxAncestors), commit.empty() ? "HEAD" : commit, "--"});
  if (!list || list->exit_code != 0) return lineage;
  for (const std::string_view line : split_lines(list->standard_output))
    if (!line.empty()) lineage.ancestors.emplace_back(line);
  lineage.branch = branch_of(host, root);
  return lineage;
}

Result<std::string> text_at_commit(const adapters::Host& host, const std::filesystem::path& file,
                                   const std::string& commit) {
  // "./" makes git read the path as relative to the folder it stands in.
  RH_TRY(const auto answer, git(host, file.parent_path(),
                                {"show", "--no-textconv", fmt::format("{}:./{}", commit, file.filename().string())}));
  if (answer.exit_code == 0) return answer.standard_output;
  return fail(ErrorKind::not_found,
              fmt::format("read the file at {}: {}", commit.substr(0, 12), trim(answer.standard_error)), file.string());
}

}  // namespace rh::engine
