// The work tree's own changes, where they are asked for, and the warning where they are not.
#include <gmock/gmock.h>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WorkTree, StagedUnstagedAndUntracked) {
  const GitRepository repository;
  repository.commit({{"committed.py", "a\n"},
                     {"staged.py", "a\n"},
                     {"unstaged.py", "a\n"},
                     {"gone.py", "a\n"},
                     {"both.py", lines("abc")},
                     {".gitignore", "ignored.py\n"}});
  repository.git({"branch", "base"});
  repository.commit({{"committed.py", "A\n"}});
  repository.write("staged.py", "A\n");
  repository.write("both.py", lines("Abc"));
  repository.git({"add", "staged.py", "both.py"});
  repository.write("both.py", lines("AbC"));
  repository.write("unstaged.py", "a\nb\n");
  repository.write("sub/untracked.py", "x\n\ny\n");
  repository.write("ignored.py", "i\n");
  std::filesystem::remove(repository / "gone.py");
  EXPECT_THAT(shown(ask(repository, "base", true)),
              ElementsAre("modified both.py 1,3", "modified committed.py 1", "deleted gone.py", "modified staged.py 1",
                          "added sub/untracked.py 1-3 (2)", "modified unstaged.py 2"));
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified committed.py 1"));
}

TEST(WorkTree, IntentToAddAndNoLongerTracked) {
  const GitRepository repository;
  repository.commit({{"kept.py", "a\n"}, {"z.py", "z\n"}});
  repository.write("soon.py", "1\n2\n");
  repository.git({"add", "-N", "soon.py"});
  repository.git({"rm", "-q", "--cached", "kept.py"});
  EXPECT_THAT(shown(ask(repository, "HEAD", true)), ElementsAre("added kept.py 1", "added soon.py 1-2"));
}

TEST(WorkTree, UntrackedThingsWithoutLines) {
  const GitRepository repository;
  repository.commit({});
  repository.write("data.bin", std::string_view("a\0b", 3));
  std::filesystem::create_symlink("/etc/passwd", repository / "link.py");
  repository.write("inner/x.py", "x\n");
  repository.git({"init", "-q", "inner"});
  const auto changes = ask(repository, "HEAD", true);
  EXPECT_THAT(shown(changes), ElementsAre("binary data.bin", "added inner", "added link.py"));
  EXPECT_FALSE(changes->files[1].regular || changes->files[2].regular);
  ASSERT_EQ(changes->diagnostics.size(), 1U);
  EXPECT_THAT(changes->diagnostics[0].message, HasSubstr("repository of its own"));
}

TEST(WorkTree, FromAFolderBelow) {
  const GitRepository repository;
  repository.commit({{"app/a.py", "a\n"}, {"top.py", "t\n"}});
  repository.write("app/a.py", "b\n");
  repository.write("app/new.py", "n\n");
  repository.write("top.py", "u\n");
  repository.write("other/new.py", "n\n");
  EXPECT_THAT(shown(ask(repository, "HEAD", true, "app")), ElementsAre("modified a.py 1", "added new.py 1"));
}

// Line endings as a checkout on Windows has them: git compares what it would store.
TEST(WorkTree, ConvertedLineEndings) {
  const GitRepository repository;
  repository.commit({{".gitattributes", "* text=auto\n"}, {"a.py", lines("abc")}, {"b.py", lines("abc")}});
  repository.write("a.py", "a\r\nb\r\nc\r\n");
  repository.write("b.py", "a\r\nB\r\nc\r\n");
  repository.git({"config", "core.autocrlf", "true"});
  EXPECT_THAT(shown(ask(repository, "HEAD", true)), ElementsAre("modified b.py 2"));
}

TEST(WorkTree, ConflictsAreLines) {
  const GitRepository repository;
  repository.commit({{"a.py", "a\n"}});
  repository.git({"checkout", "-q", "-b", "topic"});
  repository.commit({{"a.py", "t\n"}});
  repository.git({"checkout", "-q", "main"});
  repository.commit({{"a.py", "m\n"}});
  repository.git({"merge", "-q", "topic"}, true);
  EXPECT_THAT(shown(ask(repository, "HEAD", true)), Contains(HasSubstr("modified a.py")));
  EXPECT_TRUE(ask(repository, "topic"));
}

TEST(WorkTree, UncommittedChangesAreMarkedWhenHeadIsCompared) {
  const GitRepository repository;
  repository.commit({{"a.py", "a\n"}, {"b.py", "b\n"}, {"app/c.py", "c\n"}});
  repository.git({"branch", "base"});
  repository.commit({{"a.py", "A\n"}, {"b.py", "B\n"}, {"app/c.py", "C\n"}});
  repository.write("b.py", "dirty\n");
  repository.write("app/c.py", "dirty\n");
  const auto changes = ask(repository, "base");
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->files.size(), 3U);
  EXPECT_FALSE(changes->files[0].uncommitted);
  EXPECT_TRUE(changes->files[1].uncommitted && changes->files[2].uncommitted);
  const auto below = ask(repository, "base", false, "app");
  ASSERT_EQ(below->files.size(), 1U);
  EXPECT_TRUE(below->files[0].uncommitted);
}

}  // namespace
}  // namespace rh::engine::testing
