#include "runner/base/remove_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/file.h"

namespace rh {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kOrdinaryUser = 65532;  // no such account needed

// Folders inside one another, which no path can name.
void nest(const fs::path& top, int levels, mode_t mode) {
  UniqueFd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::vector<UniqueFd> parents;
  for (int i = 0; i < levels; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0700), 0);
    UniqueFd inner(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const UniqueFd file(::openat(inner.get(), "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::fchmod(at.get(), i == 0 ? 0700 : mode), 0);
    at = std::move(inner);
  }
}

// Permissions bind an ordinary user only.
template <class Check>
void as_ordinary_user(const fs::path& folder, Check check) {
  if (::geteuid() != 0) return check();
  ASSERT_EQ(::chmod(folder.parent_path().c_str(), 0711), 0);
  ASSERT_EQ(::chown(folder.c_str(), kOrdinaryUser, kOrdinaryUser), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser) != 0 ||
        ::setresuid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser) != 0)
      ::_exit(2);
    check();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

class RemoveTree : public ::testing::Test {
 protected:
  fs::path top() {
    EXPECT_TRUE(make_directories(folder_.path() / "top"));
    return folder_.path() / "top";
  }
  TempDir folder_ = TempDir::make("rh-remove-").value();
};

TEST_F(RemoveTree, RemovesAnyDepth) {
  nest(top(), 2500, 0700);  // beyond both the longest path name and the usual limit of open files
  const auto removed = remove_tree(top());
  EXPECT_TRUE(removed) << removed.error().message();
  EXPECT_FALSE(fs::exists(folder_.path() / "top"));
}

TEST_F(RemoveTree, RemovesFoldersWithoutPermissions) {
  as_ordinary_user(top(), [this] {
    const fs::path folder = folder_.path() / "top";
    ASSERT_TRUE(make_directories(folder / "tree"));
    nest(folder / "tree", 50, 0000);
    ASSERT_EQ(::mkdir((folder / "tree/empty").c_str(), 0000), 0);
    std::error_code refused;
    fs::remove_all(folder / "tree", refused);
    ASSERT_TRUE(refused) << "permissions do not bind here: nothing was tried";
    const auto removed = remove_tree(folder / "tree");
    EXPECT_TRUE(removed) << removed.error().message();
    EXPECT_FALSE(fs::exists(folder / "tree"));
  });
}

TEST_F(RemoveTree, FollowsNoLink) {
  ASSERT_TRUE(make_directories(folder_.path() / "outside"));
  ASSERT_TRUE(write_file(folder_.path() / "outside/kept", "x"));
  ASSERT_TRUE(make_directories(top() / "a/b"));
  fs::create_directory_symlink(folder_.path() / "outside", top() / "a/b/link");
  fs::create_directory_symlink(folder_.path() / "outside", top() / "link");
  ASSERT_TRUE(remove_tree(top()));
  EXPECT_TRUE(fs::exists(folder_.path() / "outside/kept"));
  fs::create_directory_symlink(folder_.path() / "outside", folder_.path() / "link");
  ASSERT_TRUE(remove_tree(folder_.path() / "link")) << "the link goes, what it names stays";
  EXPECT_TRUE(fs::exists(folder_.path() / "outside/kept"));
}

TEST_F(RemoveTree, RemovesNamesOfAnyKind) {
  for (const char* name : {"-rf", "new\nline", "\x1b[31m", "\xff\xfe", ".removed-0", " "}) {
    ASSERT_TRUE(make_directories(top() / name / "x/y"));
    ASSERT_TRUE(write_file(top() / name / "x/y" / std::string(255, 'n').substr(0, 200), "x"));
  }
  ASSERT_TRUE(write_file(top() / ".removed-1", "in the way"));
  ASSERT_EQ(::mkfifo((top() / "pipe").c_str(), 0600), 0);
  const auto removed = remove_tree(top());
  EXPECT_TRUE(removed) << removed.error().message();
  EXPECT_FALSE(fs::exists(folder_.path() / "top"));
}

TEST_F(RemoveTree, NothingToRemoveIsNoError) {
  EXPECT_TRUE(remove_tree(folder_.path() / "none"));
  ASSERT_TRUE(write_file(folder_.path() / "file", "x"));
  EXPECT_TRUE(remove_tree(folder_.path() / "file"));
  EXPECT_FALSE(fs::exists(folder_.path() / "file"));
}

TEST_F(RemoveTree, NamesWhatItCouldNotRemove) {
  as_ordinary_user(top(), [] {
    const auto removed = remove_tree("/proc/self/task");
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().subject, "/proc/self/task");
  });
}

}  // namespace
}  // namespace rh
