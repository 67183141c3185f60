#include "runner/engine/ci_base.h"

#include <algorithm>
#include <functional>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/ci_event.h"
#include "runner/engine/patch/patch.h"

namespace rh::engine {
namespace {

using Kind = BaseHint::Kind;

enum class Review { no, yes };

// A variable counts when the one that marks its system is set (and has that value, where one is given), and when
// `only_if` does not rule it out.
struct HintRow {
  std::string_view system;
  std::string_view mark;  // "GITLAB_CI", or "CI_SYSTEM_NAME=woodpecker"
  std::string_view variable;
  Review review;
  Kind kind;
  std::string_view only_if{};  // "NAME=value", "NAME!=value", or "NAME" for set; empty: always
};

// In each system: the change under review first, then what was pushed, then the default branch.
constexpr HintRow kRows[] = {
    // The target's commit that the source was merged with, in pipelines for merged results: HEAD holds both sides.
    {"GitLab CI", "GITLAB_CI", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA", Review::yes, Kind::commit},
    {"GitLab CI", "GITLAB_CI", "CI_MERGE_REQUEST_DIFF_BASE_SHA", Review::yes, Kind::commit},
    {"GitLab CI", "GITLAB_CI", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", Review::yes, Kind::branch},
    {"GitLab CI", "GITLAB_CI", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", Review::yes, Kind::commit},
    {"GitLab CI", "GITLAB_CI", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", Review::yes, Kind::branch},
    {"GitLab CI", "GITLAB_CI", "CI_COMMIT_BEFORE_SHA", Review::no, Kind::commit},
    {"GitLab CI", "GITLAB_CI", "CI_DEFAULT_BRANCH", Review::no, Kind::branch},

    {"Azure Pipelines", "TF_BUILD", "SYSTEM_PULLREQUEST_TARGETBRANCH", Review::yes, Kind::branch},
    {"Azure Pipelines", "TF_BUILD", "SYSTEM_PULLREQUEST_TARGETBRANCHNAME", Review::yes, Kind::branch},

    {"Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_PR_DESTINATION_BRANCH", Review::yes, Kind::branch},
    {"Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_PR_DESTINATION_COMMIT", Review::yes, Kind::commit},

    {"Buildkite", "BUILDKITE", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", Review::yes, Kind::branch},
    {"Buildkite", "BUILDKITE", "BUILDKITE_PIPELINE_DEFAULT_BRANCH", Review::no, Kind::branch},

    {"Travis CI", "TRAVIS", "TRAVIS_BRANCH", Review::yes, Kind::branch, "TRAVIS_PULL_REQUEST!=false"},
    {"Travis CI", "TRAVIS", "TRAVIS_COMMIT_RANGE", Review::no, Kind::commit},

    {"Woodpecker", "CI_SYSTEM_NAME=woodpecker", "CI_COMMIT_TARGET_BRANCH", Review::yes, Kind::branch},
    {"Woodpecker", "CI_SYSTEM_NAME=woodpecker", "CI_PREV_COMMIT_SHA", Review::no, Kind::commit},
    {"Woodpecker", "CI_SYSTEM_NAME=woodpecker", "CI_REPO_DEFAULT_BRANCH", Review::no, Kind::branch},

    {"Drone", "DRONE", "DRONE_TARGET_BRANCH", Review::yes, Kind::branch, "DRONE_BUILD_EVENT=pull_request"},
    {"Drone", "DRONE", "DRONE_COMMIT_BEFORE", Review::no, Kind::commit},
    {"Drone", "DRONE", "DRONE_REPO_BRANCH", Review::no, Kind::branch},

    {"CircleCI", "CIRCLECI", "CIRCLE_BASE_REVISION", Review::yes, Kind::commit},

    {"AppVeyor", "APPVEYOR", "APPVEYOR_REPO_BRANCH", Review::yes, Kind::branch, "APPVEYOR_PULL_REQUEST_NUMBER"},
    {"Cirrus CI", "CIRRUS_CI", "CIRRUS_BASE_SHA", Review::yes, Kind::commit},
    {"Cirrus CI", "CIRRUS_CI", "CIRRUS_BASE_BRANCH", Review::yes, Kind::branch},
    {"CodeBuild", "CODEBUILD_BUILD_ID", "CODEBUILD_WEBHOOK_BASE_REF", Review::yes, Kind::branch},
    {"Semaphore", "SEMAPHORE", "SEMAPHORE_GIT_COMMIT_RANGE", Review::no, Kind::commit},
    {"Bitrise", "BITRISE_IO", "BITRISEIO_GIT_BRANCH_DEST", Review::yes, Kind::branch},
    {"Prow", "PROW_JOB_ID", "PULL_BASE_SHA", Review::yes, Kind::commit},

    // Jenkins: multibranch pipelines, Gerrit, the GitHub and GitLab plugins, then the last build.
    {"Jenkins", "JENKINS_URL", "CHANGE_TARGET", Review::yes, Kind::branch},
    {"Jenkins", "JENKINS_URL", "GERRIT_BRANCH", Review::yes, Kind::branch},
    {"Jenkins", "JENKINS_URL", "ghprbTargetBranch", Review::yes, Kind::branch},
    {"Jenkins", "JENKINS_URL", "gitlabTargetBranch", Review::yes, Kind::branch},
    {"Jenkins", "JENKINS_URL", "GIT_PREVIOUS_SUCCESSFUL_COMMIT", Review::no, Kind::commit},
    {"Jenkins", "JENKINS_URL", "GIT_PREVIOUS_COMMIT", Review::no, Kind::commit},
};

std::string_view value_of(const model::Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  return found == environment.end() ? std::string_view() : trim(found->second);
}

bool holds(const model::Environment& environment, std::string_view condition) {
  const std::size_t equals = condition.find('=');
  if (equals == std::string_view::npos) return !value_of(environment, condition).empty();
  const bool negated = equals > 0 && condition[equals - 1] == '!';
  const std::string_view value = value_of(environment, condition.substr(0, negated ? equals - 1 : equals));
  return negated ? !value.empty() && value != condition.substr(equals + 1) : value == condition.substr(equals + 1);
}

// "refs/heads/main" is "main"; of a range "A...B" the first side; zeros stand for no commit (a new branch).
std::string plain_value(std::string_view value, Kind kind) {
  if (kind == Kind::branch) {
    for (const std::string_view prefix : {"refs/heads/", "refs/remotes/origin/"})
      if (value.starts_with(prefix)) value.remove_prefix(prefix.size());
    return std::string(value);
  }
  value = value.substr(0, value.find(".."));
  return value.find_first_not_of('0') == std::string_view::npos ? std::string() : std::string(value);
}

void add(std::vector<BaseHint>& hints, std::string_view system, std::string_view variable, std::string_view value,
         Review review, Kind kind) {
  std::string plain = plain_value(value, kind);
  if (!plain.empty())
    hints.push_back({std::string(system), std::string(variable), std::move(plain), kind, review == Review::yes});
}

// GitHub and those that speak its variables (Gitea, Forgejo).
void add_github(std::vector<BaseHint>& hints, const model::Environment& environment) {
  constexpr std::string_view kSystem = "GitHub Actions";
  if (value_of(environment, "GITHUB_ACTIONS").empty() && value_of(environment, "GITEA_ACTIONS").empty()) return;
  add(hints, kSystem, "GITHUB_BASE_REF", value_of(environment, "GITHUB_BASE_REF"), Review::yes, Kind::branch);
  const GithubEvent event = read_github_event(std::string(value_of(environment, "GITHUB_EVENT_PATH")));
  add(hints, kSystem, "pull_request.base.sha of the event", event.pull_request_base, Review::yes, Kind::commit);
  add(hints, kSystem, "merge_group.base_sha of the event", event.merge_group_base, Review::yes, Kind::commit);
  if (value_of(environment, "GITHUB_EVENT_NAME") == "push")  // of a review it is what was reviewed before
    add(hints, kSystem, "before of the event", event.before, Review::no, Kind::commit);
  add(hints, kSystem, "the repository's default branch in the event", event.default_branch, Review::no, Kind::branch);
}

void add_teamcity(std::vector<BaseHint>& hints, const model::Environment& environment) {
  if (value_of(environment, "TEAMCITY_VERSION").empty()) return;
  const std::string target =
      teamcity_target_branch(std::string(value_of(environment, "TEAMCITY_BUILD_PROPERTIES_FILE")));
  add(hints, "TeamCity", "teamcity.pullRequest.target.branch", target, Review::yes, Kind::branch);
}

bool has_commit(const Git& git, const std::string& name) {
  const auto answer = git.run({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
  return answer && answer->exit_code == 0;
}

// The branch as its remote has it, before the local one, which may be old.
std::string known_branch(const Git& git, const std::string& branch) {
  std::vector<std::string> remotes{"origin"};
  if (const auto answer = git.run({"remote"}); answer && answer->exit_code == 0)
    for (const std::string_view remote : split_lines(answer->output))
      if (!remote.empty() && remote != "origin") remotes.emplace_back(remote);
  for (const std::string& remote : remotes)
    if (has_commit(git, fmt::format("refs/remotes/{}/{}", remote, branch))) return remote + "/" + branch;
  return has_commit(git, "refs/heads/" + branch) ? branch : std::string();
}

// GitHub and Azure check out a merge of the change into its target: its first parent is that target, and it is there
// even in a clone of depth 2 without the target's branch.
std::optional<BaseGuess> first_parent(const model::Environment& environment, const Git& git,
                                      const RepositoryFacts& facts) {
  for (const auto& [system, reference, commit] :
       {std::tuple{"GitHub Actions", "GITHUB_REF", "GITHUB_SHA"},
        std::tuple{"Azure Pipelines", "BUILD_SOURCEBRANCH", "BUILD_SOURCEVERSION"}}) {
    const std::string_view name = value_of(environment, reference);
    if (!name.starts_with("refs/pull/") || !name.ends_with("/merge")) continue;
    if (value_of(environment, commit) != facts.head) continue;
    if (!has_commit(git, "HEAD^2") || !has_commit(git, "HEAD^1")) continue;
    return BaseGuess{"HEAD^1", fmt::format("{}: {} is the change merged into its target, and the first parent of that "
                                           "merge is the target",
                                           system, name)};
  }
  return std::nullopt;
}

std::string missing_hint(const BaseHint& hint) {
  return fmt::format("{} ({} of {})", hint.value, hint.variable, hint.system);
}

Failure nothing_there(const std::vector<BaseHint>& hints, const model::Environment& environment,
                      const RepositoryFacts& facts) {
  std::vector<std::string> names;
  for (const BaseHint& hint : hints) names.push_back(missing_hint(hint));
  std::string what = fmt::format("guess the base of the change: this clone has none of: {}", join(names, ", "));
  const bool merge = value_of(environment, "GITHUB_REF").starts_with("refs/pull/");
  if (hints.front().system == "GitHub Actions")
    what += fmt::format("; set `fetch-depth: {}` of actions/checkout", merge ? "2` or `fetch-depth: 0" : "0");
  else if (hints.front().system == "GitLab CI")
    what += "; set `GIT_DEPTH: 0`";
  const auto branch =
      std::find_if(hints.begin(), hints.end(), [](const BaseHint& h) { return h.kind == Kind::branch; });
  if (branch != hints.end())
    what += fmt::format("; or fetch it first: git fetch {0} origin +refs/heads/{1}:refs/remotes/origin/{1}",
                        facts.shallow ? "--depth=1000" : "--no-tags", branch->value);
  return fail(ErrorKind::not_found, std::move(what), std::string(kAutoBase));
}

// Not in CI, or in one that says nothing: what the change would be merged into, most likely.
Result<BaseGuess> default_branch(const Git& git) {
  RH_TRY(const GitAnswer head, git.run({"symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"}));
  const std::string remote_default(trim(head.output));
  if (head.exit_code == 0 && has_commit(git, remote_default))
    return BaseGuess{remote_default, "no variable of a CI system names a base; this is the default branch of origin"};
  for (const char* name : {"main", "master", "trunk", "develop"}) {
    const std::string known = known_branch(git, name);
    if (!known.empty())
      return BaseGuess{known,
                       "no variable of a CI system names a base; this is the first of main, master, trunk and "
                       "develop that is here"};
  }
  return fail(
      ErrorKind::not_found,
      "guess the base of the change: no variable of a CI system names one, and there is no branch main, master, "
      "trunk or develop here; name it: --base REF",
      std::string(kAutoBase));
}

}  // namespace

std::vector<BaseHint> base_hints(const model::Environment& environment) {
  std::vector<BaseHint> hints;
  add_github(hints, environment);
  for (const HintRow& row : kRows) {
    if (!holds(environment, row.mark)) continue;
    if (!row.only_if.empty() && !holds(environment, row.only_if)) continue;
    add(hints, row.system, row.variable, value_of(environment, row.variable), row.review, row.kind);
  }
  add_teamcity(hints, environment);
  const auto review = [](const BaseHint& hint) { return hint.review; };
  if (std::any_of(hints.begin(), hints.end(), review)) std::erase_if(hints, std::not_fn(review));
  return hints;
}

Result<BaseGuess> guess_base(const model::Environment& environment, const Git& git, const RepositoryFacts& facts) {
  if (auto parent = first_parent(environment, git, facts)) return *std::move(parent);
  const std::vector<BaseHint> hints = base_hints(environment);
  for (const BaseHint& hint : hints) {
    const std::string name = hint.kind == Kind::branch     ? known_branch(git, hint.value)
                             : has_commit(git, hint.value) ? hint.value
                                                           : std::string();
    if (!name.empty()) return BaseGuess{name, fmt::format("{}: {} is {}", hint.system, hint.variable, hint.value)};
  }
  if (!hints.empty()) return nothing_there(hints, environment, facts);
  return default_branch(git);
}

}  // namespace rh::engine
