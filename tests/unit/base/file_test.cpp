#include "runner/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace rh {
namespace {

namespace fs = std::filesystem;

TEST(File, WritesWholeOrNotAtAll) {
  const auto folder = TempDir::make("rh-file-").value();
  const fs::path file = folder.path() / "a.txt";
  ASSERT_TRUE(write_file(file, "one"));
  ASSERT_TRUE(write_file(file, "two"));
  EXPECT_EQ(read_file(file).value(), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1)
      << "no temporary is left";
  EXPECT_FALSE(write_file(folder.path() / "missing/b.txt", "x"));
}

TEST(File, ReadsWithinItsBound) {
  const auto folder = TempDir::make("rh-file-").value();
  const fs::path file = folder.path() / "a.txt";
  ASSERT_TRUE(write_file(file, std::string(1000, 'x')));
  EXPECT_EQ(read_file(file, 1000).value().size(), 1000U);
  EXPECT_EQ(read_file(file, 999).error().kind, ErrorKind::limit);
  EXPECT_EQ(read_file(folder.path()).error().sys_errno, EISDIR);
  EXPECT_EQ(read_file(folder.path() / "none").error().kind, ErrorKind::not_found);
}

TEST(File, NeverBlocksOnAPipe) {
  const auto folder = TempDir::make("rh-file-").value();
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(read_file(pipe));
}

TEST(File, TellsWhatLiesBelow) {
  EXPECT_TRUE(is_below("/a/b", "/a"));
  EXPECT_TRUE(is_below("/a/b", "/a/"));
  EXPECT_TRUE(is_below("/a", "/a"));
  EXPECT_FALSE(is_below("/ab", "/a"));
  EXPECT_FALSE(is_below("/a/../b", "/a"));
  EXPECT_EQ(relative_to("/a/b/c", "/a"), "b/c");
  EXPECT_EQ(relative_to("/a", "/a"), ".");
  EXPECT_EQ(relative_to("/x", "/a"), "/x");
}

TEST(File, RemovesItsTemporaryFolder) {
  fs::path path;
  {
    auto folder = TempDir::make("rh-file-").value();
    path = folder.path();
    ASSERT_TRUE(write_file(path / "a", "x"));
    const TempDir moved = std::move(folder);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace rh
