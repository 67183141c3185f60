// What `auto` chooses in each CI system, from the variables that system sets.
#include "runner/engine/ci_base.h"

#include <gmock/gmock.h>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct HintCase {
  const char* title;
  model::Environment variables;
  const char* hints;  // "GitLab CI CI_MERGE_REQUEST_DIFF_BASE_SHA=abc; ..."
};

std::string hints_shown(const model::Environment& variables) {
  std::string text;
  for (const BaseHint& hint : base_hints(variables)) {
    if (!text.empty()) text += "; ";
    text += hint.system + " " + hint.variable + "=" + hint.value;
    text += hint.kind == BaseHint::Kind::commit ? " (commit)" : "";
  }
  return text;
}

TEST(CiBase, VariablesOfEachSystem) {
  const std::vector<HintCase> cases = {
      {"no CI", {{"CHANGE_TARGET", "main"}, {"HOME", "/x"}}, ""},
      {"GitHub review",
       {{"GITHUB_ACTIONS", "true"}, {"GITHUB_BASE_REF", "main"}},
       "GitHub Actions GITHUB_BASE_REF=main"},
      {"GitHub push", {{"GITHUB_ACTIONS", "true"}, {"GITHUB_BASE_REF", ""}}, ""},
      {"GitLab review",
       {{"GITLAB_CI", "true"},
        {"CI_MERGE_REQUEST_DIFF_BASE_SHA", "abc"},
        {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"},
        {"CI_COMMIT_BEFORE_SHA", "0000000000000000000000000000000000000000"},
        {"CI_DEFAULT_BRANCH", "trunk"}},
       "GitLab CI CI_MERGE_REQUEST_DIFF_BASE_SHA=abc (commit); GitLab CI CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main"},
      {"GitLab merged results",
       {{"GITLAB_CI", "true"},
        {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "def"},
        {"CI_MERGE_REQUEST_DIFF_BASE_SHA", "abc"}},
       "GitLab CI CI_MERGE_REQUEST_TARGET_BRANCH_SHA=def (commit); GitLab CI CI_MERGE_REQUEST_DIFF_BASE_SHA=abc "
       "(commit)"},
      {"GitLab branch",
       {{"GITLAB_CI", "true"}, {"CI_COMMIT_BEFORE_SHA", "abc"}, {"CI_DEFAULT_BRANCH", "main"}},
       "GitLab CI CI_COMMIT_BEFORE_SHA=abc (commit); GitLab CI CI_DEFAULT_BRANCH=main"},
      {"GitLab new branch",
       {{"GITLAB_CI", "true"},
        {"CI_COMMIT_BEFORE_SHA", "0000000000000000000000000000000000000000"},
        {"CI_DEFAULT_BRANCH", "main"}},
       "GitLab CI CI_DEFAULT_BRANCH=main"},
      {"Azure",
       {{"TF_BUILD", "True"}, {"SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release/1"}},
       "Azure Pipelines SYSTEM_PULLREQUEST_TARGETBRANCH=release/1"},
      {"Bitbucket",
       {{"BITBUCKET_BUILD_NUMBER", "7"},
        {"BITBUCKET_PR_DESTINATION_BRANCH", "main"},
        {"BITBUCKET_PR_DESTINATION_COMMIT", "1a2b3c4d5e6f"}},
       "Bitbucket Pipelines BITBUCKET_PR_DESTINATION_BRANCH=main; Bitbucket Pipelines "
       "BITBUCKET_PR_DESTINATION_COMMIT=1a2b3c4d5e6f (commit)"},
      {"Buildkite review",
       {{"BUILDKITE", "true"},
        {"BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"},
        {"BUILDKITE_PIPELINE_DEFAULT_BRANCH", "dev"}},
       "Buildkite BUILDKITE_PULL_REQUEST_BASE_BRANCH=main"},
      {"Buildkite branch",
       {{"BUILDKITE", "true"},
        {"BUILDKITE_PULL_REQUEST_BASE_BRANCH", ""},
        {"BUILDKITE_PIPELINE_DEFAULT_BRANCH", "dev"}},
       "Buildkite BUILDKITE_PIPELINE_DEFAULT_BRANCH=dev"},
      {"Travis review",
       {{"TRAVIS", "true"}, {"TRAVIS_PULL_REQUEST", "12"}, {"TRAVIS_BRANCH", "main"}},
       "Travis CI TRAVIS_BRANCH=main"},
      {"Travis push",
       {{"TRAVIS", "true"},
        {"TRAVIS_PULL_REQUEST", "false"},
        {"TRAVIS_BRANCH", "topic"},
        {"TRAVIS_COMMIT_RANGE", "abc...def"}},
       "Travis CI TRAVIS_COMMIT_RANGE=abc (commit)"},
      {"Woodpecker",
       {{"CI_SYSTEM_NAME", "woodpecker"}, {"CI_COMMIT_TARGET_BRANCH", "main"}, {"CI_PREV_COMMIT_SHA", "abc"}},
       "Woodpecker CI_COMMIT_TARGET_BRANCH=main"},
      {"Drone review",
       {{"DRONE", "true"}, {"DRONE_BUILD_EVENT", "pull_request"}, {"DRONE_TARGET_BRANCH", "main"}},
       "Drone DRONE_TARGET_BRANCH=main"},
      {"Drone push",
       {{"DRONE", "true"},
        {"DRONE_BUILD_EVENT", "push"},
        {"DRONE_TARGET_BRANCH", "topic"},
        {"DRONE_COMMIT_BEFORE", "abc"},
        {"DRONE_REPO_BRANCH", "main"}},
       "Drone DRONE_COMMIT_BEFORE=abc (commit); Drone DRONE_REPO_BRANCH=main"},
      {"CircleCI",
       {{"CIRCLECI", "true"}, {"CIRCLE_BASE_REVISION", "abc"}},
       "CircleCI CIRCLE_BASE_REVISION=abc (commit)"},
      {"AppVeyor",
       {{"APPVEYOR", "True"}, {"APPVEYOR_PULL_REQUEST_NUMBER", "3"}, {"APPVEYOR_REPO_BRANCH", "main"}},
       "AppVeyor APPVEYOR_REPO_BRANCH=main"},
      {"AppVeyor push", {{"APPVEYOR", "True"}, {"APPVEYOR_REPO_BRANCH", "topic"}}, ""},
      {"Jenkins",
       {{"JENKINS_URL", "https://ci/"}, {"CHANGE_TARGET", "main"}, {"GIT_PREVIOUS_SUCCESSFUL_COMMIT", "abc"}},
       "Jenkins CHANGE_TARGET=main"},
      {"Jenkins branch",
       {{"JENKINS_URL", "https://ci/"}, {"GIT_PREVIOUS_SUCCESSFUL_COMMIT", "abc"}},
       "Jenkins GIT_PREVIOUS_SUCCESSFUL_COMMIT=abc (commit)"},
      {"CodeBuild",
       {{"CODEBUILD_BUILD_ID", "x:1"}, {"CODEBUILD_WEBHOOK_BASE_REF", "refs/heads/main"}},
       "CodeBuild CODEBUILD_WEBHOOK_BASE_REF=main"},
      {"Bitrise",
       {{"BITRISE_IO", "true"}, {"BITRISEIO_GIT_BRANCH_DEST", "main"}},
       "Bitrise BITRISEIO_GIT_BRANCH_DEST=main"},
      {"Semaphore",
       {{"SEMAPHORE", "true"}, {"SEMAPHORE_GIT_COMMIT_RANGE", "abc...def"}},
       "Semaphore SEMAPHORE_GIT_COMMIT_RANGE=abc (commit)"},
      {"Cirrus",
       {{"CIRRUS_CI", "true"}, {"CIRRUS_BASE_SHA", "abc"}, {"CIRRUS_BASE_BRANCH", "main"}},
       "Cirrus CI CIRRUS_BASE_SHA=abc (commit); Cirrus CI CIRRUS_BASE_BRANCH=main"},
      {"Prow", {{"PROW_JOB_ID", "1"}, {"PULL_BASE_SHA", "abc"}}, "Prow PULL_BASE_SHA=abc (commit)"},
  };
  for (const HintCase& one : cases) EXPECT_EQ(hints_shown(one.variables), one.hints) << one.title;
}

class CiBaseFiles : public ::testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file(folder.path() / name, text));
    return (folder.path() / name).string();
  }
  TempDir folder = std::move(TempDir::make("rh-ci-")).value();
};

TEST_F(CiBaseFiles, EventsOfGithub) {
  const auto hints = [&](const std::string& name, const std::string& event, const std::string& text) {
    return hints_shown(
        {{"GITHUB_ACTIONS", "true"}, {"GITHUB_EVENT_NAME", event}, {"GITHUB_EVENT_PATH", file(name, text)}});
  };
  EXPECT_EQ(hints("push", "push", R"({"before":"abc","repository":{"default_branch":"main"}})"),
            "GitHub Actions before of the event=abc (commit); GitHub Actions the repository's default branch in the "
            "event=main");
  EXPECT_EQ(hints("new", "push",
                  R"({"before":"0000000000000000000000000000000000000000","repository":{"default_branch":"main"}})"),
            "GitHub Actions the repository's default branch in the event=main");
  EXPECT_EQ(hints("review", "pull_request", R"({"before":"abc","pull_request":{"base":{"sha":"def","ref":"main"}}})"),
            "GitHub Actions pull_request.base.sha of the event=def (commit)");
  EXPECT_EQ(hints("queue", "merge_group", R"({"merge_group":{"base_sha":"123"}})"),
            "GitHub Actions merge_group.base_sha of the event=123 (commit)");
  for (const char* text : {"", "[]", "{", R"({"pull_request":7})", R"({"pull_request":{"base":{"sha":null}}})"})
    EXPECT_EQ(hints("odd", "pull_request", text), "");
  EXPECT_EQ(hints_shown({{"GITHUB_ACTIONS", "true"}, {"GITHUB_EVENT_PATH", "/no/such/file"}}), "");
}

TEST_F(CiBaseFiles, PropertiesOfTeamcity) {
  const std::string configuration = file("configuration", "x=1\nteamcity.pullRequest.target.branch=release\\:1\n");
  const std::string build = file("build", "#comment\nteamcity.configuration.properties.file=" + configuration + "\n");
  EXPECT_EQ(hints_shown({{"TEAMCITY_VERSION", "2024"}, {"TEAMCITY_BUILD_PROPERTIES_FILE", build}}),
            "TeamCity teamcity.pullRequest.target.branch=release:1");
  EXPECT_EQ(hints_shown({{"TEAMCITY_VERSION", "2024"}}), "");
}

// A branch that left main, and main went on: as CI systems check it out.
class CiBaseClones : public ::testing::Test {
 protected:
  void SetUp() override {
    origin.commit({{"a.py", "a\n"}});
    origin.git({"checkout", "-q", "-b", "topic"});
    origin.commit({{"a.py", "a\nb\n"}});
    origin.git({"checkout", "-q", "main"});
    origin.commit({{"m.py", "m\n"}});
    origin.git({"checkout", "-q", "-b", "merged"});
    origin.git({"merge", "-q", "--no-edit", "topic"});
    merge = origin.git({"rev-parse", "HEAD"});
    origin.git({"update-ref", "refs/pull/7/merge", merge});
    origin.git({"checkout", "-q", "main"});
    origin.git({"branch", "-q", "-D", "merged"});
  }
  // What actions/checkout does: one ref, detached.
  std::filesystem::path checkout(const std::string& name, const std::string& depth) {
    const std::filesystem::path path = place.path() / name;
    std::filesystem::create_directories(path);
    origin.git({"init", "-q"}, false, path);
    origin.git({"remote", "add", "origin", "file://" + origin.root().string()}, false, path);
    origin.git({"fetch", "-q", "--no-tags", depth, "origin", "+" + merge + ":refs/remotes/pull/7/merge"}, false, path);
    origin.git({"checkout", "-q", "--detach", "refs/remotes/pull/7/merge"}, false, path);
    return path;
  }
  Result<ChangedFiles> ask_in(const std::filesystem::path& path, const model::Environment& variables) {
    return changed_files(MachineHost(git_environment(variables)), path, "auto");
  }
  model::Environment github() {
    return {{"GITHUB_ACTIONS", "true"},
            {"GITHUB_REF", "refs/pull/7/merge"},
            {"GITHUB_SHA", merge},
            {"GITHUB_BASE_REF", "main"}};
  }

  GitRepository origin;
  TempDir place = std::move(TempDir::make("rh-ci-")).value();
  std::string merge;
};

TEST_F(CiBaseClones, AMergeOfDepthTwoIsEnough) {
  const auto changes = ask_in(checkout("two", "--depth=2"), github());
  ASSERT_TRUE(changes) << error_of(changes);
  EXPECT_EQ(changes->base, "HEAD^1");
  EXPECT_THAT(changes->base_reason, HasSubstr("refs/pull/7/merge"));
  EXPECT_EQ(shown(changes), std::vector<std::string>{"modified a.py 2"});
}

TEST_F(CiBaseClones, DepthOneSaysWhichDepthToSet) {
  EXPECT_THAT(error_of(ask_in(checkout("one", "--depth=1"), github())),
              AllOf(HasSubstr("main (GITHUB_BASE_REF of GitHub Actions)"), HasSubstr("set `fetch-depth: 2`")));
}

TEST_F(CiBaseClones, TheBranchOfTheRemoteComesFirst) {
  const std::filesystem::path path = place.path() / "clone";
  origin.git({"clone", "-q", "-b", "topic", origin.root().string(), path.string()});
  const auto changes = ask_in(path, {{"JENKINS_URL", "x"}, {"CHANGE_TARGET", "main"}});
  ASSERT_TRUE(changes) << error_of(changes);
  EXPECT_EQ(changes->base, "origin/main");
  EXPECT_EQ(shown(changes), std::vector<std::string>{"modified a.py 2"});
  EXPECT_THAT(error_of(ask_in(path, {{"GITLAB_CI", "true"}, {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "gone"}})),
              AllOf(HasSubstr("gone (CI_MERGE_REQUEST_TARGET_BRANCH_NAME of GitLab CI)"), HasSubstr("`GIT_DEPTH: 0`"),
                    HasSubstr("+refs/heads/gone:refs/remotes/origin/gone")));
}

TEST_F(CiBaseClones, OutsideOfCiTheDefaultBranch) {
  const std::filesystem::path path = place.path() / "clone";
  origin.git({"clone", "-q", "-b", "topic", origin.root().string(), path.string()});
  const auto changes = ask_in(path, {});
  ASSERT_TRUE(changes) << error_of(changes);
  EXPECT_EQ(changes->base, "origin/main");
  EXPECT_THAT(changes->base_reason, HasSubstr("default branch of origin"));
  EXPECT_EQ(ask_in(origin.root(), {})->base, "main");
  const GitRepository lonely;
  lonely.git({"checkout", "-q", "-b", "odd"});
  lonely.commit({{"a", "a"}});
  EXPECT_THAT(error_of(ask_in(lonely.root(), {})), HasSubstr("name it: --base REF"));
}

}  // namespace
}  // namespace rh::engine::testing
