#include "runner/engine/step_environment.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runner/base/file.h"
#include "tests/unit/engine/fakes.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;
using model::WorkspaceAccess;
using testing::FakeHost;

bool has(const std::vector<fs::path>& paths, const fs::path& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

class WorkspacePolicy : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("rh-policy-");
    ASSERT_TRUE(folder);
    folder_.emplace(*std::move(folder));
    root_ = fs::canonical(folder_->path());
  }
  void write(const char* name) {
    fs::create_directories((root_ / name).parent_path());
    ASSERT_TRUE(write_file(root_ / name, ""));
  }
  sandbox::FilesystemPolicy policy(WorkspaceAccess access = WorkspaceAccess::rw) {
    return workspace_policy(FakeHost(), root_, access, rules_);
  }

  std::optional<TempDir> folder_;
  fs::path root_;
  PathRules rules_;
};

TEST_F(WorkspacePolicy, GuardsWhatWouldRunOutside) {
  write(".git/HEAD");
  write(".github/dependabot.yml");
  const auto guarded = policy().guarded;
  for (const char* name : {".git/hooks", ".git/config", ".github/workflows", ".circleci", ".gitlab", ".gitlab-ci.yml",
                           ".husky", ".travis.yml", "azure-pipelines.yml", "Jenkinsfile", "bitbucket-pipelines.yml",
                           ".pre-commit-config.yaml", "runharness.toml", ".gitmodules"})
    EXPECT_TRUE(has(guarded, root_ / name)) << name;
}

TEST_F(WorkspacePolicy, GuardsTheFolderItselfWhereItIsMissing) {
  const auto guarded = policy().guarded;
  EXPECT_EQ(std::count(guarded.begin(), guarded.end(), root_ / ".github"), 1);
  EXPECT_FALSE(has(guarded, root_ / ".github/workflows"));
}

TEST_F(WorkspacePolicy, WhereThereIsNoRepositoryNothingStandsInForOne) {
  for (const fs::path& path : policy().guarded) EXPECT_FALSE(path.native().starts_with((root_ / ".git/").native()));
  EXPECT_FALSE(has(policy().guarded, root_ / ".git"));
}

TEST_F(WorkspacePolicy, GuardsAGitFileThatLeadsElsewhere) {
  write(".git");
  EXPECT_TRUE(has(policy().guarded, root_ / ".git"));
}

TEST_F(WorkspacePolicy, OnlyTheCallerLiftsAGuard) {
  write(".git/hooks/pre-commit");
  write(".git/config");
  rules_.rw = {root_ / ".git/hooks", root_ / ".gitlab-ci.yml", root_ / ".github/workflows"};
  const auto guarded = policy().guarded;
  EXPECT_FALSE(has(guarded, root_ / ".git/hooks"));
  EXPECT_TRUE(has(guarded, root_ / ".git/config"));
  EXPECT_FALSE(has(guarded, root_ / ".gitlab-ci.yml")) << "it may come into being";
  EXPECT_FALSE(has(guarded, root_ / ".github")) << "it may come into being, as the folder around it must";
  rules_.rw = {root_ / ".git"};
  EXPECT_FALSE(has(policy().guarded, root_ / ".git/config"));
  rules_.rw = {root_};
  EXPECT_TRUE(has(policy().guarded, root_ / ".git/config")) << "the workspace as a whole lifts nothing";
}

TEST_F(WorkspacePolicy, FollowsTheAccess) {
  EXPECT_TRUE(has(policy().writable, root_));
  EXPECT_TRUE(has(policy(WorkspaceAccess::overlay).overlays, root_));
  EXPECT_FALSE(has(policy(WorkspaceAccess::overlay).writable, root_));
  EXPECT_FALSE(policy(WorkspaceAccess::overlay).guarded.empty());
  EXPECT_TRUE(has(policy(WorkspaceAccess::ro).readable, root_));
  EXPECT_TRUE(policy(WorkspaceAccess::ro).guarded.empty());
}

TEST_F(WorkspacePolicy, ReadOnlyTakesAwayInsideAndAddsOutside) {
  write("data/x");
  rules_.ro = {root_ / "data", "/opt/other"};
  rules_.hidden = {root_ / "secret"};
  const auto rw = policy();
  EXPECT_TRUE(has(rw.protected_, root_ / "data"));
  EXPECT_TRUE(has(rw.readable, "/opt/other"));
  EXPECT_TRUE(has(rw.hidden, root_ / "secret"));
  EXPECT_TRUE(has(policy(WorkspaceAccess::overlay).protected_, root_ / "data"));
  EXPECT_TRUE(has(policy(WorkspaceAccess::ro).readable, root_ / "data"));
}

TEST_F(WorkspacePolicy, APathThatIsToBeShownMustBeThere) {
  rules_.ro = {root_ / "nothing"};
  EXPECT_FALSE(check_paths(rules_, root_));
  rules_ = {};
  rules_.rw = {"/no/such/folder"};
  EXPECT_FALSE(check_paths(rules_, root_));
  rules_.rw = {root_ / "Jenkinsfile"};
  rules_.hidden = {"/no/such/folder"};
  EXPECT_TRUE(check_paths(rules_, root_));
}

TEST(StepEnvironment, TheCallersOwnVariablesWin) {
  const FakeHost host;
  model::Suite suite;
  suite.id.value = "a:fake";
  suite.env = {{"A", "suite"}, {"B", "suite"}};
  model::Step step;
  step.command.env = {{"B", "step"}, {"C", "step"}};
  const auto environment = step_environment(host.variables, suite, step, {}, {{"A", "caller"}});
  EXPECT_EQ(environment.at("A"), "caller");
  EXPECT_EQ(environment.at("B"), "suite");
  EXPECT_EQ(environment.at("C"), "step");
  EXPECT_EQ(environment.at("RUNHARNESS_SUITE"), "a:fake");
  EXPECT_EQ(environment.count("SECRET_TOKEN"), 0U);
}

}  // namespace
}  // namespace rh::engine
