// What git is asked about a change, and what is made of its answers: in real repositories.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ChangedFiles, KindsOfChange) {
  const GitRepository repository;
  repository.commit({{"edited.py", lines("abcdef")},
                     {"gone.py", lines("xyz")},
                     {"moved.py", lines("klmnopqrst")},
                     {"mode.sh", "x\n"},
                     {"same.py", "s\n"}});
  repository.git({"branch", "base"});
  repository.git({"rm", "-q", "gone.py"});
  repository.git({"mv", "moved.py", "there.py"});
  ::chmod((repository / "mode.sh").c_str(), 0755);
  repository.commit(
      {{"edited.py", "a\nB\nc\n\n# note\ne\nf\n"}, {"new.py", "1\n\n2\n"}, {"there.py", lines("klmnopqRst")}});
  EXPECT_THAT(shown(ask(repository, "base")),
              ElementsAre("modified edited.py 2,4-5 (4-5)", "deleted gone.py", "mode mode.sh", "added new.py 1-3 (2)",
                          "renamed there.py <- moved.py 8"));
}

TEST(ChangedFiles, PureRenameAndDeletionsAddNoLine) {
  const GitRepository repository;
  repository.commit({{"old name.py", lines("abcdefgh")}, {"cut.py", lines("abcdef")}});
  repository.git({"branch", "base"});
  repository.git({"mv", "old name.py", "new name.py"});
  repository.commit({{"cut.py", lines("abef")}});
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified cut.py", "renamed new name.py <- old name.py"));
}

TEST(ChangedFiles, ACopyIsNewCode) {
  const GitRepository repository;
  repository.commit({{"a.py", lines("abcdefghijkl")}});
  repository.git({"branch", "base"});
  repository.commit({{"a.py", lines("abcdefghijklm")}, {"b.py", lines("abcdefghijkL")}});
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified a.py 13", "copied b.py <- a.py 1-12"));
}

TEST(ChangedFiles, OddNames) {
  const std::vector<std::string> names = {"with blank.py",  "quote\".py",  "tab\t.py",  "line\nbreak.py",
                                          "back\\slash.py", "\xc3\xa9.py", "\xe9.py",   " and b/x.py",
                                          "a/+++ b.py",     "-dash.py",    ":(top)x.py"};
  const GitRepository repository;
  std::map<std::string, std::string> before, after;
  for (const std::string& name : names) {
    before[name] = "1\n2\n3\n";
    after[name] = "1\ntwo\n3\n";
  }
  repository.commit(before);
  repository.git({"branch", "base"});
  repository.commit(after);
  std::vector<std::string> expected;
  for (const auto& [name, text] : after) expected.push_back("modified " + name + " 2");
  EXPECT_EQ(shown(ask(repository, "base")), expected);
}

TEST(ChangedFiles, BinaryFilesLinksAndSubmodulesHaveNoLines) {
  const GitRepository repository, other;
  other.commit({{"inner.py", "x\n"}});
  repository.commit({{"data.bin", std::string("a\0b", 3)}, {"to_link.py", lines("abc")}});
  std::filesystem::create_symlink("target", repository / "to_file.py");
  repository.commit({});
  repository.git({"branch", "base"});
  repository.git({"submodule", "--quiet", "add", other.root().string(), "sub"});
  std::filesystem::remove(repository / "to_link.py");
  std::filesystem::create_symlink("elsewhere", repository / "to_link.py");
  std::filesystem::remove(repository / "to_file.py");
  std::filesystem::create_symlink("x", repository / "link and.py");
  repository.commit(
      {{"data.bin", std::string("a\0c", 3)}, {"to_file.py", "1\n2\n"}, {"more and bin", std::string("\0", 1)}});
  const auto changes = ask(repository, "base");
  EXPECT_THAT(shown(changes),
              ElementsAre("added .gitmodules 1-3", "binary data.bin", "added link and.py", "binary more and bin",
                          "submodule sub", "type to_file.py 1-2", "type to_link.py"));
  EXPECT_FALSE(changes->files[2].regular);
}

// `*.py -diff` may come with the change itself.
TEST(ChangedFiles, AttributesHideNoSource) {
  const GitRepository repository;
  repository.commit({{"a.py", lines("abc")}, {"data.csv", "1\n"}});
  repository.git({"branch", "base"});
  repository.commit({{".gitattributes", "* -diff\n"}, {"a.py", lines("aXc")}, {"data.csv", "2\n"}, {"b.py", "new\n"}});
  EXPECT_THAT(shown(ask(repository, "base")),
              ElementsAre("binary .gitattributes", "modified a.py 2", "added b.py 1", "binary data.csv"));
}

TEST(ChangedFiles, LineEndings) {
  const GitRepository repository;
  repository.commit({{"all.py", "a\nb\nc\n"}, {"one.py", "a\r\nb\r\nc\r\n"}});
  repository.git({"branch", "base"});
  repository.commit({{"all.py", "a\r\nb\r\nc\r\n"}, {"one.py", "a\r\nB\r\nc\r\n"}});
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified all.py 1-3", "modified one.py 2"));
}

TEST(ChangedFiles, NoNewlineAtTheEnd) {
  const GitRepository repository;
  repository.commit({{"a.py", "a\nb"}, {"b.py", "a\nb\n"}, {"empty.py", ""}});
  repository.git({"branch", "base"});
  repository.commit({{"a.py", "a\nb\nc"}, {"b.py", "a\nB"}, {"empty.py", "x"}, {"none.py", ""}});
  EXPECT_THAT(shown(ask(repository, "base")),
              ElementsAre("modified a.py 2-3", "modified b.py 2", "modified empty.py 1", "added none.py"));
}

// Lines that look like headers of a diff are lines.
TEST(ChangedFiles, ContentThatLooksLikeADiff) {
  const GitRepository repository;
  const std::string text = "++ b/other.py\n@@ -1 +1,900 @@\ndiff --git a/x b/x\n-- a/other.py\n";
  repository.commit({{"a.py", "x\n"}, {"other.py", "o\n"}});
  repository.git({"branch", "base"});
  repository.commit({{"a.py", "x\n" + text}});
  repository.commit({{"a.py", text}});
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified a.py 1-4"));
}

TEST(ChangedFiles, TheBaseIsWhereTheBranchesParted) {
  const GitRepository repository;
  repository.commit({{"a.py", lines("abc")}, {"b.py", lines("abc")}});
  const std::string parted = repository.git({"rev-parse", "HEAD"});
  repository.git({"checkout", "-q", "-b", "topic"});
  repository.commit({{"a.py", lines("aXc")}});
  repository.git({"checkout", "-q", "main"});
  repository.commit({{"b.py", lines("aYc")}});
  repository.git({"checkout", "-q", "--detach", "topic"});
  const auto changes = ask(repository, "main");
  EXPECT_THAT(shown(changes), ElementsAre("modified a.py 2"));
  EXPECT_EQ(changes->merge_base, parted);
  EXPECT_EQ(changes->head, repository.git({"rev-parse", "topic"}));
  EXPECT_THAT(shown(ask(repository, "HEAD")), IsEmpty());
}

TEST(ChangedFiles, SeveralMergeBasesAreSaid) {
  const GitRepository repository;
  repository.commit({{"a.py", "a\n"}});
  repository.git({"checkout", "-q", "-b", "topic"});
  repository.commit({{"t.py", "t\n"}});
  repository.git({"checkout", "-q", "main"});
  repository.commit({{"m.py", "m\n"}});
  const std::string main_before = repository.git({"rev-parse", "main"});
  repository.git({"merge", "-q", "--no-edit", "topic"});
  repository.git({"checkout", "-q", "topic"});
  repository.git({"merge", "-q", "--no-edit", main_before});
  repository.commit({{"t.py", "t\nu\n"}});
  const auto changes = ask(repository, "main");
  ASSERT_TRUE(changes) << error_of(changes);
  ASSERT_EQ(changes->diagnostics.size(), 1U);
  EXPECT_THAT(changes->diagnostics[0].message, HasSubstr("have 2 merge bases"));
}

TEST(ChangedFiles, FromAFolderBelow) {
  const GitRepository repository;
  repository.commit({{"lib/moved.py", lines("abcdefghij")}, {"app/a.py", "a\n"}, {"top.py", "t\n"}});
  repository.git({"branch", "base"});
  repository.git({"mv", "lib/moved.py", "app/moved.py"});
  repository.commit({{"app/a.py", "b\n"}, {"top.py", "u\n"}, {".gitattributes", "app/a.py -diff\n"}});
  const auto changes = ask(repository, "base", false, "app");
  EXPECT_THAT(shown(changes), ElementsAre("modified a.py 1", "renamed moved.py <- ../lib/moved.py"));
  EXPECT_EQ(changes->outside, 2U);
}

TEST(ChangedFiles, WorktreesBareAndSparseRepositories) {
  const GitRepository repository;
  repository.commit({{"in/a.py", "a\n"}, {"out/b.py", "b\n"}});
  repository.git({"branch", "base"});
  repository.commit({{"in/a.py", "A\n"}, {"out/b.py", "B\n"}});
  const auto expected = ElementsAre("modified in/a.py 1", "modified out/b.py 1");
  const TempDir place = std::move(TempDir::make("rh-patch-")).value();
  const MachineHost host(git_environment());
  repository.git({"worktree", "add", "-q", "--detach", (place.path() / "tree").string(), "main"});
  EXPECT_THAT(shown(changed_files(host, place.path() / "tree", "base")), expected);
  repository.git({"clone", "-q", "--bare", repository.root().string(), (place.path() / "bare").string()});
  EXPECT_THAT(shown(changed_files(host, place.path() / "bare", "base")), expected);
  EXPECT_THAT(error_of(changed_files(host, place.path() / "bare", "base", {true})), HasSubstr("bare"));
  repository.git({"sparse-checkout", "set", "in"});
  EXPECT_THAT(shown(ask(repository, "base")), expected);
  EXPECT_THAT(shown(ask(repository, "base", true)), expected);
}

// The inner repository answers for what is in it.
TEST(ChangedFiles, RepositoryWithinARepository) {
  const GitRepository outer;
  outer.commit({{".gitignore", "inner/\n"}});
  std::filesystem::create_directories(outer / "inner");
  outer.git({"init", "-q", "-b", "main", "inner"});
  outer.write("inner/a.py", "a\n");
  outer.git({"add", "-A"}, false, outer / "inner");
  outer.git({"commit", "-q", "-m", "one"}, false, outer / "inner");
  outer.git({"branch", "base"}, false, outer / "inner");
  outer.write("inner/a.py", "a\nb\n");
  outer.git({"commit", "-q", "-a", "-m", "two"}, false, outer / "inner");
  EXPECT_THAT(shown(ask(outer, "base", false, "inner")), ElementsAre("modified a.py 2"));
}

TEST(ChangedFiles, ManyRenamesAreSaidToBeGivenUp) {
  const GitRepository repository;
  std::map<std::string, std::string> files;
  for (int i = 0; i < 1100; ++i) files["old/" + std::to_string(i) + ".txt"] = lines("abc") + std::to_string(i) + "\n";
  repository.commit(files);
  repository.git({"branch", "base"});
  std::filesystem::remove_all(repository / "old");
  files.clear();
  for (int i = 0; i < 1100; ++i) files["new/" + std::to_string(i) + "x.txt"] = lines("abd") + std::to_string(i) + "\n";
  repository.commit(files);
  const auto changes = ask(repository, "base");
  ASSERT_TRUE(changes) << error_of(changes);
  ASSERT_EQ(changes->diagnostics.size(), 1U);
  EXPECT_EQ(changes->diagnostics[0].code, "patch-renames");
}

}  // namespace
}  // namespace rh::engine::testing
