// What a command does to an overlaid workspace, and to paths of a writable one that must not change.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::FileChangeKind;
using model::MechanismState;

class Workspace : public Sandboxed {
 protected:
  void SetUp() override {
    if (!namespaces_available()) GTEST_SKIP() << "no user namespaces on this host";
    fs::create_directories(workspace() / "sub/deep");
    ASSERT_TRUE(write_file(workspace() / "kept", "kept\n"));
    ASSERT_TRUE(write_file(workspace() / "sub/old", "old\n"));
    ASSERT_TRUE(write_file(workspace() / "sub/deep/x", "x\n"));
  }

  Result overlaid(const std::string& script) {
    auto asked = shell(script, model::IsolationLevel::strict);
    asked.files.writable.clear();
    asked.files.overlays = {workspace()};
    asked.files.guarded = guarded_;
    return run(asked);
  }

  // "added a/b", "changed c", "deleted d" of the run.
  static std::vector<std::string> changes(const Result& result) {
    std::vector<std::string> lines;
    if (!result.record.changes) return {"no changes"};
    for (const auto& change : result.record.changes->list()) {
      const char* kind = change.kind == FileChangeKind::added     ? "added "
                         : change.kind == FileChangeKind::changed ? "changed "
                                                                  : "deleted ";
      lines.push_back(kind + change.path);
    }
    return lines;
  }

  std::string tree() const {
    std::string text;
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(workspace())) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths)
      text += path.lexically_relative(workspace()).string() +
              (fs::is_regular_file(path) && !fs::is_symlink(path) ? "=" + *read_file(path) : "\n");
    return text;
  }

  std::vector<fs::path> guarded_;
};

TEST_F(Workspace, OverlayKeepsTheHostIntactAndListsTheDifference) {
  const std::string before = tree();
  const Result result = overlaid(
      "echo new > sub/new; echo changed > kept; rm sub/old; mkdir made; rm -r sub/deep; mkdir sub/deep; "
      "echo y > sub/deep/y; ln -s kept link; cat kept");
  EXPECT_EQ(result.out, "changed\n") << result.err << result.record.ending_detail;
  EXPECT_EQ(tree(), before);
  EXPECT_EQ(changes(result), (std::vector<std::string>{"changed kept", "added link", "added made", "deleted sub/deep/x",
                                                       "added sub/deep/y", "added sub/new", "deleted sub/old"}));
  RH_EXPECT_ENFORCED(result, "workspace");
}

TEST_F(Workspace, RemovalOfTheWholeWorkspaceLeavesTheHostIntact) {
  const std::string before = tree();
  const Result result = overlaid("rm -rf ./* .[a-z]*; ls -A | wc -l");
  EXPECT_EQ(result.out, "0\n") << result.err;
  EXPECT_EQ(tree(), before);
  EXPECT_EQ(changes(result), (std::vector<std::string>{"deleted kept", "deleted sub"}));
}

TEST_F(Workspace, ReadingAndRewritingTheSameContentIsNoChange) {
  const Result result = overlaid("cat kept sub/old >/dev/null; printf 'kept\\n' > kept; echo >> sub/deep/x");
  EXPECT_EQ(changes(result), (std::vector<std::string>{"changed sub/deep/x"})) << result.err;
}

TEST_F(Workspace, AppliedChangesAreTheOnesThatWereListed) {
  Result result = overlaid(
      "echo new > sub/new; chmod 755 sub/new; echo changed > kept; rm -r sub/deep; mkdir -p a/b; echo c > a/b/c; "
      "ln -s ../kept sub/inside; ln -s /etc/passwd outside; mkfifo pipe; rm sub/old; mkdir sub/old; echo z > "
      "sub/old/z");
  ASSERT_TRUE(result.record.changes) << result.err;
  auto left_out = result.record.changes->apply();
  ASSERT_TRUE(left_out) << left_out.error().message();
  EXPECT_EQ(*left_out, (std::vector<std::string>{"outside: symbolic link that leads out of the folder, to /etc/passwd",
                                                 "pipe: neither file, folder nor symbolic link"}));
  EXPECT_EQ(tree(), "a\na/b\na/b/c=c\nkept=changed\nsub\nsub/inside\nsub/new=new\nsub/old\nsub/old/z=z\n");
  struct stat info {};
  ASSERT_EQ(stat((workspace() / "sub/new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755U);
  EXPECT_EQ(info.st_uid, geteuid());
}

TEST_F(Workspace, ChangesCanBeCopiedElsewhere) {
  const auto target = TempDir::make("rh-copy");
  ASSERT_TRUE(target);
  Result result = overlaid("echo new > sub/new; rm kept; truncate -s 1T huge");
  ASSERT_TRUE(result.record.changes);
  ASSERT_TRUE(result.record.changes->copy_to(target->path()));
  EXPECT_EQ(*read_file(target->path() / "sub/new"), "new\n");
  struct stat info {};
  ASSERT_EQ(stat((target->path() / "huge").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 1LL << 40);
  EXPECT_LT(info.st_blocks, 100);
  EXPECT_EQ(*read_file(workspace() / "kept"), "kept\n");
}

TEST_F(Workspace, DeepAndClosedFoldersInTheLayerAreNoTrouble) {
  const Result result = overlaid(
      "mkdir closed; echo x > closed/x; chmod 000 closed; d=.; i=0; while [ $i -lt 300 ]; "
      "do mkdir d; cd d; i=$((i+1)); done; echo done");
  EXPECT_EQ(result.out, "done\n") << result.err;
  ASSERT_TRUE(result.record.changes);
  EXPECT_TRUE(result.record.changes->truncated());
  const auto lines = changes(result);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "added closed/x"), lines.end());
}

TEST_F(Workspace, GuardedPathsCannotComeIntoBeingInAWritableFolder) {
  fs::create_directories(workspace() / ".git");
  const std::string before = tree();
  auto asked = shell(
      "mkdir .git/hooks; echo x > .git/hooks/pre-commit; echo x > Jenkinsfile; mkdir -p .circleci/x; rm -rf "
      ".git/hooks; "
      "rmdir Jenkinsfile; mv .git elsewhere; mv Jenkinsfile aside; echo ok > fine; cat fine");
  asked.files.guarded = {workspace() / ".git/hooks", workspace() / "Jenkinsfile", workspace() / ".circleci/config.yml"};
  const Result result = run(asked);
  EXPECT_EQ(result.out, "ok\n") << result.err << result.record.ending_detail;
  EXPECT_NE(result.err.find("Read-only file system"), std::string::npos) << result.err;
  fs::remove(workspace() / "fine");
  EXPECT_EQ(tree(), before) << result.err;
}

TEST_F(Workspace, GuardedPathsOfAnOverlayCannotComeIntoBeingEither) {
  fs::create_directories(workspace() / ".git");
  guarded_ = {workspace() / ".git/hooks", workspace() / "Jenkinsfile", workspace() / "kept"};
  const Result result = overlaid(
      "echo x > .git/hooks/pre-commit; echo x > Jenkinsfile; echo x > kept; mv .git other; "
      "echo x > .git/index; cat .git/index");
  EXPECT_EQ(result.out, "x\n") << result.err << result.record.ending_detail;
  EXPECT_EQ(changes(result), (std::vector<std::string>{"added .git/index"})) << result.err;
}

TEST_F(Workspace, PlaceholderOfAKilledRunnerIsTakenOverAndRemoved) {
  ASSERT_EQ(mkdir((workspace() / "Jenkinsfile").c_str(), 01555), 0);
  auto asked = shell("echo x > Jenkinsfile/y; echo end");
  asked.files.guarded = {workspace() / "Jenkinsfile"};
  const Result result = run(asked);
  EXPECT_EQ(result.out, "end\n");
  EXPECT_FALSE(fs::exists(workspace() / "Jenkinsfile"));
}

}  // namespace
}  // namespace rh::escape
