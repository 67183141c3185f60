#include "runner/engine/repository_walk.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

class Walk : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view text = "") {
    ASSERT_TRUE(make_directories((root_.path() / path).parent_path()));
    ASSERT_TRUE(write_file(root_.path() / path, text));
  }
  model::Repository walk(const std::vector<std::string>& paths = {"."}) {
    std::vector<fs::path> absolute;
    for (const std::string& path : paths) absolute.push_back(root_.path() / path);
    auto walked = walk_repository(absolute, diagnostics_);
    EXPECT_TRUE(walked);
    return walked ? *walked : model::Repository{};
  }

  TempDir root_ = TempDir::make("rh-walk-").value();
  std::vector<model::Diagnostic> diagnostics_;
};

TEST_F(Walk, ListsFilesByFolder) {
  put("go.mod");
  put("pkg/a.go");
  const auto repository = walk();
  EXPECT_TRUE(repository.has(".", "go.mod"));
  EXPECT_TRUE(repository.has("pkg", "a.go"));
  EXPECT_EQ(repository.absolute("pkg", "a.go"), fs::canonical(root_.path()) / "pkg/a.go");
}

TEST_F(Walk, NeverEntersDependenciesOrBuildProducts) {
  for (const char* path : {"node_modules/x/package.json", "target/debug/a.rs", ".venv/lib/t.py", "vendor/v.go",
                           ".git/config", "env/pyvenv.cfg", "env/lib/test_x.py", "a.egg-info/test_y.py"})
    put(path);
  put("src/keep.py");
  const auto repository = walk();
  EXPECT_EQ(repository.folders.size(), 2U) << "the root and src";
  EXPECT_TRUE(repository.has("src", "keep.py"));
}

TEST_F(Walk, HonoursIgnoreFilesAlsoAboveTheRoot) {
  put(".git/HEAD");
  put(".gitignore", "/packages/web/dist/\n*.tmp\n");
  put("packages/web/dist/test_a.py");
  put("packages/web/x.tmp");
  put("packages/web/.gitignore", "generated/\n");
  put("packages/web/generated/test_b.py");
  put("packages/web/test_c.py");
  const auto repository = walk({"packages/web"});
  EXPECT_EQ(repository.folders.size(), 1U);
  EXPECT_TRUE(repository.has(".", "test_c.py"));
  EXPECT_FALSE(repository.has(".", "x.tmp"));
}

TEST_F(Walk, TakesSeveralPathsUnderTheirCommonFolder) {
  put("a/x.py");
  put("b/y.py");
  put("c/z.py");
  const auto repository = walk({"a", "b"});
  EXPECT_EQ(repository.root, fs::canonical(root_.path()));
  EXPECT_TRUE(repository.has("a", "x.py"));
  EXPECT_TRUE(repository.has("b", "y.py"));
  EXPECT_FALSE(repository.has("c", "z.py"));
}

TEST_F(Walk, DoesNotFollowLinksToFolders) {
  put("real/x.py");
  fs::create_directory_symlink(root_.path(), root_.path() / "real/loop");
  fs::create_symlink("x.py", root_.path() / "real/link.py");
  const auto repository = walk();
  EXPECT_EQ(repository.folders.size(), 2U);
  EXPECT_TRUE(repository.has("real", "link.py")) << "a link to a file counts as that file";
}

TEST_F(Walk, SaysWhichPathIsWrong) {
  put("file.txt");
  std::vector<model::Diagnostic> diagnostics;
  const auto missing = walk_repository({root_.path() / "none"}, diagnostics);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_NE(missing.error().message().find("none"), std::string::npos);
  EXPECT_EQ(walk_repository({root_.path() / "file.txt"}, diagnostics).error().kind, ErrorKind::usage);
}

TEST_F(Walk, GoesOnPastAnUnreadableFolder) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every folder: run as an ordinary user to see this";
  put("closed/test_a.py");
  put("open/test_b.py");
  fs::permissions(root_.path() / "closed", fs::perms::none);
  const auto repository = walk();
  fs::permissions(root_.path() / "closed", fs::perms::owner_all);
  EXPECT_EQ(repository.unreadable, std::vector<std::string>{"closed"});
  EXPECT_TRUE(repository.has("open", "test_b.py"));
  ASSERT_EQ(diagnostics_.size(), 1U);
  EXPECT_EQ(diagnostics_[0].code, "unreadable-folder");
}

}  // namespace
}  // namespace rh::engine
