// What can be wrong with a base, and what the message says to do.
#include <gmock/gmock.h>

#include <unistd.h>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A clone of the given depth of a branch that has 5 commits of its own since it left main.
struct Clone {
  GitRepository origin;
  TempDir place = std::move(TempDir::make("rh-patch-")).value();
  std::filesystem::path path = place.path() / "clone";

  explicit Clone(const std::vector<std::string>& options) {
    origin.commit({{"a.py", "0\n"}});
    origin.git({"checkout", "-q", "-b", "topic"});
    for (int i = 1; i <= 5; ++i) origin.commit({{"a.py", std::to_string(i) + "\n"}});
    origin.git({"checkout", "-q", "main"});
    origin.commit({{"b.py", "b\n"}});
    origin.git({"checkout", "-q", "topic"});
    std::vector<std::string> command{"clone", "-q"};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"file://" + origin.root().string(), path.string()});
    origin.git(command);
  }
  [[nodiscard]] Result<ChangedFiles> ask(const std::string& base) const {
    return changed_files(MachineHost(git_environment()), path, base);
  }
};

TEST(MergeBase, NoSuchBase) {
  const Clone clone({});
  EXPECT_THAT(error_of(clone.ask("main")),
              AllOf(HasSubstr("no commit, branch or tag"), HasSubstr("did you mean origin/main?")));
  EXPECT_THAT(error_of(clone.ask("origin/mian")), HasSubstr("did you mean origin/main?"));
  EXPECT_THAT(error_of(clone.ask("deadbeefdeadbeef")), HasSubstr("git fetch origin deadbeefdeadbeef"));
  EXPECT_THAT(error_of(clone.ask("")), HasSubstr("no name of a commit"));
  EXPECT_THAT(error_of(clone.ask("--output=/tmp/x")), HasSubstr("no name of a commit"));
  EXPECT_THAT(error_of(clone.ask("origin/main...HEAD")), HasSubstr("not a range"));
  EXPECT_THAT(shown(clone.ask("origin/main")), ElementsAre("modified a.py 1"));
}

TEST(MergeBase, AnotherBranchThanTheOneThatWasCloned) {
  const Clone clone({"--single-branch"});
  EXPECT_THAT(error_of(clone.ask("origin/main")),
              HasSubstr("fetch it first: git fetch origin +refs/heads/main:refs/remotes/origin/main"));
}

TEST(MergeBase, ShallowCloneWithoutTheBase) {
  const Clone clone({"--depth=1"});
  EXPECT_THAT(error_of(clone.ask("origin/main")),
              AllOf(HasSubstr("git fetch origin +refs/heads/main"), HasSubstr("`fetch-depth: 0`")));
}

TEST(MergeBase, ShallowCloneWhoseHistoryIsTooShort) {
  const Clone clone({"--depth=2", "--no-single-branch"});
  const std::string error = error_of(clone.ask("origin/main"));
  EXPECT_THAT(error, AllOf(HasSubstr("shallow"), HasSubstr("only 2 commits are here"), HasSubstr("`fetch-depth: 0`"),
                           HasSubstr("`GIT_DEPTH: 0`"), HasSubstr("git fetch --deepen=100 origin main")));
  clone.origin.git({"fetch", "-q", "--deepen=100", "origin", "main", "topic"}, false, clone.path);
  EXPECT_THAT(shown(clone.ask("origin/main")), ElementsAre("modified a.py 1"));
}

// Contents are not fetched: that would be network, and would write.
TEST(MergeBase, PartialCloneLacksContents) {
  Clone clone({"--filter=blob:none", "--no-checkout"});
  clone.origin.git({"config", "uploadpack.allowFilter", "true"});
  std::filesystem::remove_all(clone.path);
  clone.origin.git({"clone", "-q", "--filter=blob:none", "--no-checkout", "file://" + clone.origin.root().string(),
                    clone.path.string()});
  EXPECT_THAT(error_of(clone.ask("origin/main")), AllOf(HasSubstr("partial"), HasSubstr("git diff BASE...HEAD")));
}

TEST(MergeBase, UnrelatedHistories) {
  const GitRepository repository;
  repository.commit({{"a.py", "a\n"}});
  repository.git({"checkout", "-q", "--orphan", "other"});
  repository.commit({{"b.py", "b\n"}});
  EXPECT_THAT(error_of(ask(repository, "main")), HasSubstr("no common ancestor"));
}

TEST(MergeBase, NothingToAsk) {
  const TempDir folder = std::move(TempDir::make("rh-patch-")).value();
  const GitRepository empty;
  EXPECT_THAT(error_of(ask(empty, "main")), HasSubstr("no commit yet"));
  EXPECT_THAT(error_of(ask(empty, "main", false, ".git")), HasSubstr("git's own folder"));
  EXPECT_THAT(error_of(ask(empty, "main", false, "no/such")), HasSubstr("no such folder"));
  const MachineHost host(git_environment({{"GIT_CEILING_DIRECTORIES", folder.path().parent_path().string()}}));
  EXPECT_THAT(error_of(changed_files(host, folder.path(), "main")), HasSubstr("not in a git repository"));
  const MachineHost bare(git_environment({{"PATH", folder.path().string()}}));
  EXPECT_THAT(error_of(changed_files(bare, empty.root(), "main")),
              AllOf(HasSubstr("not on PATH"), HasSubstr("install git")));
}

TEST(MergeBase, SomebodyElsesRepository) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const GitRepository repository;
  repository.commit({{"a.py", "a\n"}});
  ASSERT_EQ(::chown(repository.root().c_str(), 12345, 12345), 0);
  ASSERT_EQ(::chown((repository / ".git").c_str(), 12345, 12345), 0);
  EXPECT_THAT(error_of(ask(repository, "main")),
              HasSubstr("git config --global --add safe.directory " + repository.root().string()));
  EXPECT_TRUE(ask(repository, "main", false, {},
                  {{"GIT_CONFIG_COUNT", "1"}, {"GIT_CONFIG_KEY_0", "safe.directory"}, {"GIT_CONFIG_VALUE_0", "*"}}));
}

}  // namespace
}  // namespace rh::engine::testing
